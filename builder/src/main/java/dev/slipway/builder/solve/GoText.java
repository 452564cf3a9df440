package dev.slipway.builder.solve;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** Values as Go's {@code fmt} prints them, because {@code docker history} shows them so. */
final class GoText {
  private GoText() {}

  /** {@code %q} of a list: {@code ["a" "b c"]}. */
  static String quoted(List<String> words) {
    return words.stream().map(GoText::quoted).collect(Collectors.joining(" ", "[", "]"));
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '"' -> out.append("\\\"");
            case '\\' -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\t' -> out.append("\\t");
            case '\r' -> out.append("\\r");
            case 7 -> out.append("\\a");
            case '\b' -> out.append("\\b");
            case '\f' -> out.append("\\f");
            case 11 -> out.append("\\v");
            default -> {
              if (c < ' ' || c == 0x7f) {
                out.append("\\x%02x".formatted(c));
              } else {
                out.appendCodePoint(c);
              }
            }
          }
        });
    return out.append('"').toString();
  }

  /** {@code 1m30s}, {@code 500ms}, {@code 0s}. */
  static String duration(Duration value) {
    if (value.isZero()) {
      return "0s";
    }
    if (value.compareTo(Duration.ofSeconds(1)) < 0) {
      return value.compareTo(Duration.ofMillis(1)) < 0
          ? decimal(value.toNanos(), 1_000) + "µs"
          : decimal(value.toNanos(), 1_000_000) + "ms";
    }
    String seconds =
        decimal(value.toSecondsPart() * 1_000_000_000L + value.toNanosPart(), 1_000_000_000) + "s";
    if (value.toMinutes() == 0) {
      return seconds;
    }
    String minutes = value.toMinutesPart() + "m" + seconds;
    return value.toHours() == 0 ? minutes : value.toHours() + "h" + minutes;
  }

  private static String decimal(long nanos, long unit) {
    return BigDecimal.valueOf(nanos)
        .divide(BigDecimal.valueOf(unit))
        .stripTrailingZeros()
        .toPlainString();
  }
}
