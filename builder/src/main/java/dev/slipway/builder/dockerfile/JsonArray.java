package dev.slipway.builder.dockerfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The exec form. What is not valid JSON is not an error but the shell form; what is valid JSON with
 * anything but strings in it is an error. A JSON library would do, but for the lone surrogates that
 * stand for bytes, and for nesting.
 *
 * @param onlyStrings whether all elements are strings; if not, {@code strings} has only some
 */
record JsonArray(List<String> strings, boolean onlyStrings) {
  private static final int MAX_DEPTH = 10_000;

  /** Empty where {@code text} is not a JSON array, whole and nothing else. */
  static Optional<JsonArray> parse(String text) {
    if (!text.startsWith("[")) {
      return Optional.empty();
    }
    return new Reader(text).read();
  }

  private static final class Reader {
    private final String text;
    private int position;
    private final List<String> strings = new ArrayList<>();
    private final StringBuilder open = new StringBuilder();
    private boolean onlyStrings = true;
    private String string = "";

    Reader(String text) {
      this.text = text;
    }

    /**
     * A loop instead of recursion: {@code open} holds the brackets that are open, and so bounds
     * what nesting can cost.
     */
    Optional<JsonArray> read() {
      boolean wantsValue = true;
      while (true) {
        skipSpace();
        if (position == text.length()) {
          return Optional.empty();
        }
        if (wantsValue) {
          char c = text.charAt(position);
          boolean nested = !open.isEmpty();
          if (c == '[' || c == '{') {
            position++;
            open.append(c);
            onlyStrings &= !nested;
            skipSpace();
            if (closes()) {
              wantsValue = false;
              continue;
            }
            if (open.length() > MAX_DEPTH || (c == '{' && !key())) {
              return Optional.empty();
            }
            continue;
          }
          if (c == '"') {
            if (!string()) {
              return Optional.empty();
            }
            if (open.length() == 1) {
              strings.add(string);
            }
          } else {
            onlyStrings = false;
            if (!number() && !literal()) {
              return Optional.empty();
            }
          }
          wantsValue = false;
          continue;
        }
        if (open.isEmpty()) {
          return Optional.empty();
        }
        if (closes()) {
          position++;
          open.setLength(open.length() - 1);
          skipSpace();
          if (open.isEmpty()) {
            return position == text.length()
                ? Optional.of(new JsonArray(List.copyOf(strings), onlyStrings))
                : Optional.empty();
          }
          continue;
        }
        if (text.charAt(position) != ',') {
          return Optional.empty();
        }
        position++;
        skipSpace();
        if (open.charAt(open.length() - 1) == '{' && !key()) {
          return Optional.empty();
        }
        wantsValue = true;
      }
    }

    private boolean closes() {
      char bracket = open.charAt(open.length() - 1);
      return position < text.length() && text.charAt(position) == (bracket == '[' ? ']' : '}');
    }

    private boolean key() {
      if (!string()) {
        return false;
      }
      skipSpace();
      if (position == text.length() || text.charAt(position) != ':') {
        return false;
      }
      position++;
      return true;
    }

    private void skipSpace() {
      while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
        position++;
      }
    }

    private boolean string() {
      if (position == text.length() || text.charAt(position) != '"') {
        return false;
      }
      position++;
      StringBuilder out = new StringBuilder();
      while (position < text.length()) {
        char c = text.charAt(position++);
        if (c == '"') {
          string = out.toString();
          return true;
        }
        if (c < 0x20) {
          return false;
        }
        if (c != '\\') {
          out.append(c);
        } else if (!escaped(out)) {
          return false;
        }
      }
      return false;
    }

    private boolean escaped(StringBuilder out) {
      if (position == text.length()) {
        return false;
      }
      char c = text.charAt(position++);
      switch (c) {
        case '"', '\\', '/' -> out.append(c);
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case 'u' -> {
          int unit = hex();
          if (unit < 0) {
            return false;
          }
          out.append(complete((char) unit));
        }
        default -> {
          return false;
        }
      }
      return true;
    }

    /** A half of a surrogate pair without the other half is replaced, as in Go. */
    private String complete(char unit) {
      if (!Character.isSurrogate(unit)) {
        return String.valueOf(unit);
      }
      int mark = position;
      if (Character.isHighSurrogate(unit) && text.startsWith("\\u", position)) {
        position += 2;
        int low = hex();
        if (low >= 0 && Character.isLowSurrogate((char) low)) {
          return new String(new char[] {unit, (char) low});
        }
        position = mark;
      }
      return "\uFFFD";
    }

    private int hex() {
      if (position + 4 > text.length()) {
        return -1;
      }
      int value = 0;
      for (int i = 0; i < 4; i++) {
        int digit = Character.digit(text.charAt(position + i), 16);
        if (digit < 0 || text.charAt(position + i) > 'f') {
          return -1;
        }
        value = value * 16 + digit;
      }
      position += 4;
      return value;
    }

    private boolean literal() {
      for (String word : List.of("true", "false", "null")) {
        if (text.startsWith(word, position)) {
          position += word.length();
          return true;
        }
      }
      return false;
    }

    private boolean number() {
      int i = position;
      if (i < text.length() && text.charAt(i) == '-') {
        i++;
      }
      if (i < text.length() && text.charAt(i) == '0') {
        i++;
      } else {
        int start = i;
        i = digits(i);
        if (i == start) {
          return false;
        }
      }
      if (i < text.length() && text.charAt(i) == '.') {
        int start = i + 1;
        i = digits(start);
        if (i == start) {
          return false;
        }
      }
      if (i < text.length() && (text.charAt(i) == 'e' || text.charAt(i) == 'E')) {
        i++;
        if (i < text.length() && (text.charAt(i) == '+' || text.charAt(i) == '-')) {
          i++;
        }
        int start = i;
        i = digits(start);
        if (i == start) {
          return false;
        }
      }
      position = i;
      return true;
    }

    private int digits(int from) {
      int i = from;
      while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
        i++;
      }
      return i;
    }
  }
}
