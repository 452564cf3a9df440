package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.failure.Location;
import java.util.ArrayList;
import java.util.List;

/**
 * The text of a Dockerfile as lines, and the failures that show them. Line numbers count from 1; a
 * line has its carriage return, where it has one, but not its line feed.
 */
final class SourceText {
  /** BuildKit reads lines into a buffer of 64 KiB, which has to hold the line feed as well. */
  static final int LINE_LIMIT = 65_535;

  /** No file that people wrote comes near it; it bounds what a hostile one can cost. */
  static final int SIZE_LIMIT = 2 << 20;

  private static final int SHOWN_COLUMNS = 120;

  private final String fileName;
  private final List<String> lines;
  private final boolean lastLineEnds;

  private SourceText(String fileName, List<String> lines, boolean lastLineEnds) {
    this.fileName = fileName;
    this.lines = lines;
    this.lastLineEnds = lastLineEnds;
  }

  static SourceText of(String fileName, String text) {
    if (text.length() > SIZE_LIMIT) {
      throw new BuildException(
          ErrorCode.DOCKERFILE_SYNTAX,
          "cannot read %s: it has %d characters, more than the limit of %d"
              .formatted(fileName, text.length(), SIZE_LIMIT),
          Location.of(fileName));
    }
    List<String> lines = new ArrayList<>();
    int start = text.startsWith("\uFEFF") ? 1 : 0;
    while (start < text.length()) {
      int end = text.indexOf('\n', start);
      String line = end < 0 ? text.substring(start) : text.substring(start, end);
      lines.add(line);
      if (line.indexOf('\0') >= 0) {
        throw new BuildException(
            ErrorCode.DOCKERFILE_SYNTAX,
            "line %d of %s has a NUL character; if the file is UTF-16, save it as UTF-8"
                .formatted(lines.size(), fileName),
            new Location(fileName, lines.size(), line.indexOf('\0') + 1, lines.size()));
      }
      if (utf8Length(line) > LINE_LIMIT) {
        throw new BuildException(
            ErrorCode.DOCKERFILE_SYNTAX,
            "line %d of %s is longer than the limit of %d bytes; split it with continuation lines"
                .formatted(lines.size(), fileName, LINE_LIMIT),
            Location.of(fileName, lines.size()));
      }
      start = end < 0 ? text.length() : end + 1;
    }
    return new SourceText(fileName, lines, text.endsWith("\n"));
  }

  private static int utf8Length(String line) {
    if (line.length() * 3L <= LINE_LIMIT) {
      return line.length();
    }
    int bytes = 0;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      // A half of a surrogate pair is half of four bytes; a lone one stands for a single byte.
      bytes += c < 0x80 || (c >= 0xDC80 && c <= 0xDCFF) ? 1 : c < 0x800 ? 2 : 3;
    }
    return bytes;
  }

  String fileName() {
    return fileName;
  }

  int lineCount() {
    return lines.size();
  }

  String line(int number) {
    return lines.get(number - 1);
  }

  /** Whether a line feed ends the line; only the last one may lack it. */
  boolean ends(int number) {
    return number < lines.size() || lastLineEnds;
  }

  BuildException failure(String message, Location location) {
    return failure(ErrorCode.DOCKERFILE_SYNTAX, message, location);
  }

  /** A failure whose message ends with the line at {@code location} and a marker below it. */
  BuildException failure(ErrorCode code, String message, Location location) {
    String shown = printable(message);
    if (location.line() < 1 || location.line() > lines.size()) {
      return new BuildException(code, shown, location);
    }
    return new BuildException(code, shown + "\n" + excerpt(location), location);
  }

  private String excerpt(Location location) {
    String line = stripEnd(line(location.line()));
    int column = Math.min(Math.max(location.column(), 1), line.length() + 1);
    int from = column > SHOWN_COLUMNS ? column - SHOWN_COLUMNS / 2 : 1;
    int to = Math.min(line.length(), from + SHOWN_COLUMNS - 1);
    StringBuilder out = new StringBuilder();
    String number = Integer.toString(location.line());
    out.append("  ").append(number).append(" | ");
    for (int i = from; i <= to; i++) {
      out.append(printable(line.charAt(i - 1)));
    }
    out.append('\n').append("  ").repeat(" ", number.length()).append(" | ");
    out.repeat(" ", column - from).repeat("^", markedWidth(line, column, to));
    return out.toString();
  }

  /** One word is marked, so that the eye finds it. */
  private static int markedWidth(String line, int column, int to) {
    int end = column;
    while (end <= to && !Space.is(line.charAt(end - 1))) {
      end++;
    }
    return Math.max(end - column, 1);
  }

  private static String stripEnd(String line) {
    int end = line.length();
    while (end > 0 && Space.is(line.charAt(end - 1))) {
      end--;
    }
    return line.substring(0, end);
  }

  /** {@code text} without control characters: a Dockerfile must not steer a terminal. */
  static String printable(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      out.append(printable(text.charAt(i)));
    }
    return out.toString();
  }

  private static char printable(char c) {
    if (c == '\t') {
      return ' ';
    }
    return Character.isISOControl(c) ? '\uFFFD' : c;
  }
}
