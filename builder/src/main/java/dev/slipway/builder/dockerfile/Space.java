package dev.slipway.builder.dockerfile;

/**
 * What BuildKit's parser takes for white space. It uses two notions: Unicode's {@code White_Space}
 * (as Go's {@code unicode.IsSpace}) around and between words, and a smaller set between an
 * instruction's name and its arguments.
 */
final class Space {
  private Space() {}

  /** Unicode's {@code White_Space}; all of it is in the basic plane. */
  static boolean is(int c) {
    if (c < 0x80) {
      return c == ' ' || (c >= '\t' && c <= '\r');
    }
    return switch (c) {
      case 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000 -> true;
      default -> c >= 0x2000 && c <= 0x200A;
    };
  }

  /** What separates the words of {@code FROM}, {@code EXPOSE}, {@code COPY} and the like. */
  static boolean separates(int c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == 0x0B;
  }

  static int skip(String text, int from) {
    int i = from;
    while (i < text.length() && is(text.charAt(i))) {
      i++;
    }
    return i;
  }

  static String trim(String text) {
    int start = skip(text, 0);
    int end = text.length();
    while (end > start && is(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }
}
