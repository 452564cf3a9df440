package dev.slipway.builder.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One way to authenticate that a {@code WWW-Authenticate} header offers (RFC 9110, section 11.6.1).
 *
 * @param scheme lower-case: {@code bearer}, {@code basic}
 * @param parameters {@code realm}, {@code service}, {@code scope}, {@code error}
 */
record Challenge(String scheme, Map<String, String> parameters) {

  Challenge {
    parameters = Map.copyOf(parameters);
  }

  String parameter(String name) {
    return parameters.getOrDefault(name, "");
  }

  /** All challenges of all such headers of a response, in order; malformed rests are dropped. */
  static List<Challenge> parse(Headers headers) {
    List<Challenge> all = new ArrayList<>();
    for (String value : headers.all("WWW-Authenticate")) {
      new Parser(value).parseInto(all);
    }
    return all;
  }

  private static final class Parser {
    private final String text;
    private int at;

    Parser(String text) {
      this.text = text;
    }

    void parseInto(List<Challenge> all) {
      while (skipSeparators()) {
        String scheme = token();
        if (scheme.isEmpty()) {
          return;
        }
        all.add(new Challenge(scheme.toLowerCase(Locale.ROOT), parameters()));
      }
    }

    private Map<String, String> parameters() {
      Map<String, String> map = new TreeMap<>();
      while (skipSeparators()) {
        int start = at;
        String name = token();
        skipSpaces();
        if (name.isEmpty() || at >= text.length() || text.charAt(at) != '=') {
          // No parameter, so the next scheme begins here.
          at = start;
          return map;
        }
        at++;
        skipSpaces();
        map.put(name.toLowerCase(Locale.ROOT), value());
      }
      return map;
    }

    private String value() {
      if (at >= text.length() || text.charAt(at) != '"') {
        return token();
      }
      StringBuilder value = new StringBuilder();
      for (at++; at < text.length(); at++) {
        char c = text.charAt(at);
        if (c == '"') {
          at++;
          break;
        }
        if (c == '\\' && at + 1 < text.length()) {
          c = text.charAt(++at);
        }
        value.append(c);
      }
      return value.toString();
    }

    private String token() {
      int start = at;
      while (at < text.length() && " \t,=\"".indexOf(text.charAt(at)) < 0) {
        at++;
      }
      return text.substring(start, at);
    }

    private void skipSpaces() {
      while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
        at++;
      }
    }

    private boolean skipSeparators() {
      while (at < text.length() && " \t,".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      return at < text.length();
    }
  }
}
