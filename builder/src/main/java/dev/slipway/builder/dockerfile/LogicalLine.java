package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.Location;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * One instruction's line: its continuation lines joined, comments between them dropped. It knows
 * where each of its characters stands in the file.
 */
final class LogicalLine {
  private final SourceText source;
  private final String text;
  private final List<String> comments;
  private final int endLine;
  private final int emptyLine;
  private final int[] offsets;
  private final int[] lines;
  private final int[] columns;

  private LogicalLine(Builder builder, int endLine, List<String> comments) {
    this.source = builder.source;
    this.text = builder.text.toString();
    this.comments = List.copyOf(comments);
    this.endLine = endLine;
    this.emptyLine = builder.emptyLine;
    this.offsets = Arrays.copyOf(builder.offsets, builder.pieces);
    this.lines = Arrays.copyOf(builder.lines, builder.pieces);
    this.columns = Arrays.copyOf(builder.columns, builder.pieces);
  }

  String text() {
    return text;
  }

  /** The comments right above, without {@code #}. */
  List<String> comments() {
    return comments;
  }

  /** The last line in the file, without heredocs. */
  int endLine() {
    return endLine;
  }

  /** The first empty line in the middle of it, which only old Dockerfiles have. */
  OptionalInt emptyLine() {
    return emptyLine == 0 ? OptionalInt.empty() : OptionalInt.of(emptyLine);
  }

  Location location(int offset) {
    return location(offset, endLine);
  }

  Location location(int offset, int lastLine) {
    int piece = Arrays.binarySearch(offsets, offset);
    if (piece < 0) {
      piece = Math.max(-piece - 2, 0);
    }
    int column = columns[piece] + offset - offsets[piece];
    return new Location(source.fileName(), lines[piece], column, lastLine);
  }

  BuildException failure(int offset, String message) {
    return source.failure(message, location(offset));
  }

  static final class Builder {
    private final SourceText source;
    private final StringBuilder text = new StringBuilder();
    private int[] offsets = new int[4];
    private int[] lines = new int[4];
    private int[] columns = new int[4];
    private int pieces;
    private int emptyLine;

    Builder(SourceText source) {
      this.source = source;
    }

    void append(String line, int from, int to, int number) {
      if (pieces == offsets.length) {
        offsets = Arrays.copyOf(offsets, pieces * 2);
        lines = Arrays.copyOf(lines, pieces * 2);
        columns = Arrays.copyOf(columns, pieces * 2);
      }
      offsets[pieces] = text.length();
      lines[pieces] = number;
      columns[pieces] = from + 1;
      pieces++;
      text.append(line, from, to);
    }

    void empty(int number) {
      if (emptyLine == 0) {
        emptyLine = number;
      }
    }

    LogicalLine build(int endLine, List<String> comments) {
      return new LogicalLine(this, endLine, comments);
    }
  }
}
