package dev.slipway.builder.network;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** A variable such as {@code HTTP_PROXY}, which is read in either case. */
public final class ProxyVariable {
  private ProxyVariable() {}

  /**
   * Its value, or the empty string: the one in capitals is asked first, as Go does, and one that is
   * empty is none.
   *
   * @param name in either case
   */
  public static String of(Map<String, String> environment, String name) {
    return Stream.of(name.toUpperCase(Locale.ROOT), name.toLowerCase(Locale.ROOT))
        .map(each -> environment.getOrDefault(each, ""))
        .filter(value -> !value.isBlank())
        .findFirst()
        .orElse("");
  }
}
