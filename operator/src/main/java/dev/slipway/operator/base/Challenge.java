package dev.slipway.operator.base;

import java.net.http.HttpHeaders;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a registry wants to see, from {@code WWW-Authenticate} (RFC 9110, section 11.6.1).
 *
 * @param scheme in lower case
 * @param values its parameters
 */
record Challenge(String scheme, Map<String, String> values) {
  private static final Pattern SCHEME = Pattern.compile("^\\s*([A-Za-z]+)(?:\\s+|$)");
  private static final Pattern PARAMETER =
      Pattern.compile("([A-Za-z_]+)\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s,]+))");

  /** The challenge that can be answered: Bearer before Basic. */
  static Optional<Challenge> of(HttpHeaders headers) {
    Optional<Challenge> basic = Optional.empty();
    for (String header : headers.allValues("WWW-Authenticate")) {
      Matcher scheme = SCHEME.matcher(header);
      if (!scheme.find()) {
        continue;
      }
      String name = scheme.group(1).toLowerCase(Locale.ROOT);
      Map<String, String> values = new HashMap<>();
      Matcher parameter = PARAMETER.matcher(header.substring(scheme.end()));
      while (parameter.find()) {
        String quoted = parameter.group(2);
        values.put(
            parameter.group(1).toLowerCase(Locale.ROOT),
            quoted != null ? quoted.replaceAll("\\\\(.)", "$1") : parameter.group(3));
      }
      Challenge challenge = new Challenge(name, Map.copyOf(values));
      if (name.equals("bearer") && values.containsKey("realm")) {
        return Optional.of(challenge);
      }
      if (name.equals("basic")) {
        basic = Optional.of(challenge);
      }
    }
    return basic;
  }

  String value(String name) {
    return values.getOrDefault(name, "");
  }
}
