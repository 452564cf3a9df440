package dev.slipway.builder.dockerfile;

import java.util.ArrayList;
import java.util.List;

/**
 * A logical line, or the part of one that follows {@code ONBUILD}, split into name, flags and
 * arguments.
 *
 * @param offset of the name in the line
 * @param argumentsOffset of the arguments in the line
 */
record Statement(
    LogicalLine line,
    char escape,
    int offset,
    String keyword,
    List<Flag> flags,
    String arguments,
    int argumentsOffset) {

  /**
   * A word that starts with {@code --}, unquoted.
   *
   * @param offset in the logical line
   */
  record Flag(String text, int offset) {}

  static Statement of(LogicalLine line, char escape) {
    return split(line, escape, 0);
  }

  /** The instruction after {@code ONBUILD}. */
  Statement trigger() {
    return split(line, escape, argumentsOffset);
  }

  private static Statement split(LogicalLine line, char escape, int from) {
    String text = line.text();
    int start = Space.skip(text, from);
    int end = start;
    while (end < text.length() && !Space.separates(text.charAt(end))) {
      end++;
    }
    String keyword = Space.trim(text.substring(start, end));
    List<Flag> flags = new ArrayList<>();
    int rest = new FlagSplitter(text, escape, end, flags).split();
    int argumentsStart = Space.skip(text, rest);
    String arguments = Space.trim(text.substring(argumentsStart));
    return new Statement(line, escape, start, keyword, flags, arguments, argumentsStart);
  }

  /** Reads words while they start with {@code --}; quotes and escapes in them are resolved. */
  private static final class FlagSplitter {
    /** No quote is open; the character itself cannot occur in a text. */
    private static final char NONE = '\0';

    private final String text;
    private final char escape;
    private final List<Flag> flags;
    private int position;

    FlagSplitter(String text, char escape, int from, List<Flag> flags) {
      this.text = text;
      this.escape = escape;
      this.position = from;
      this.flags = flags;
    }

    /** The offset at which the arguments start. */
    int split() {
      while (true) {
        while (position < text.length() && isAsciiSpace(text.charAt(position))) {
          position++;
        }
        if (!text.startsWith("--", position)) {
          return position;
        }
        int start = position;
        String word = word();
        // As in POSIX, "--" ends the flags.
        if (word.equals("--")) {
          return position;
        }
        flags.add(new Flag(word, start));
      }
    }

    /** Flags end at other white space: a no-break space starts the arguments. */
    private static boolean isAsciiSpace(char c) {
      return c < 0x80 && Space.is(c);
    }

    private String word() {
      StringBuilder word = new StringBuilder();
      char quote = NONE;
      while (position < text.length()) {
        char c = text.charAt(position);
        if (quote == NONE && isAsciiSpace(c)) {
          break;
        }
        position++;
        if (c == quote) {
          quote = NONE;
        } else if (quote == NONE && (c == '\'' || c == '"')) {
          quote = c;
        } else if (c != escape) {
          word.append(c);
        } else if (position < text.length()) {
          word.append(text.charAt(position++));
        }
      }
      return word.toString();
    }
  }
}
