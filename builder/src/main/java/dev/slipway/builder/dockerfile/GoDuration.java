package dev.slipway.builder.dockerfile;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Map;

/** Durations as Go writes them: {@code 300ms}, {@code -1.5h}, {@code 1h30m}. */
final class GoDuration {
  private static final Map<String, Long> UNITS =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "\u00b5s", 1_000L,
          "\u03bcs", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L,
          "h", 3_600_000_000_000L);

  private static final int MAX_DIGITS = 40;

  private GoDuration() {}

  /**
   * Reads a duration.
   *
   * @throws IllegalArgumentException that says what is wrong with it
   */
  static Duration parse(String text) {
    int i = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
    boolean negative = text.startsWith("-");
    if (text.substring(i).equals("0")) {
      return Duration.ZERO;
    }
    BigDecimal nanos = BigDecimal.ZERO;
    if (i == text.length()) {
      throw invalid(text);
    }
    while (i < text.length()) {
      int start = i;
      while (i < text.length() && (isDigit(text.charAt(i)) || text.charAt(i) == '.')) {
        i++;
      }
      String number = text.substring(start, i);
      int unitStart = i;
      while (i < text.length() && !isDigit(text.charAt(i)) && text.charAt(i) != '.') {
        i++;
      }
      String unit = text.substring(unitStart, i);
      if (number.isEmpty()
          || number.equals(".")
          || number.length() > MAX_DIGITS
          || number.indexOf('.') != number.lastIndexOf('.')) {
        throw invalid(text);
      }
      if (unit.isEmpty()) {
        throw new IllegalArgumentException(
            "missing unit in duration \"" + text + "\"; write for example 30s or 1m30s");
      }
      Long factor = UNITS.get(unit);
      if (factor == null) {
        throw new IllegalArgumentException(
            "unknown unit \"" + unit + "\" in duration \"" + text + "\"");
      }
      nanos = nanos.add(new BigDecimal(number).multiply(BigDecimal.valueOf(factor)));
    }
    BigDecimal whole = nanos.setScale(0, RoundingMode.DOWN);
    if (whole.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw invalid(text);
    }
    Duration duration = Duration.ofNanos(whole.longValueExact());
    return negative ? duration.negated() : duration;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static IllegalArgumentException invalid(String text) {
    return new IllegalArgumentException("invalid duration \"" + text + "\"");
  }
}
