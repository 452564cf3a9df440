package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.Location;

/**
 * A failure as a terminal shows it: reason, place, message; and the lines of the file around it.
 */
final class ErrorText {
  private static final int AROUND = 2;

  private ErrorText() {}

  static String of(BuildException failure) {
    String message = String.valueOf(failure.getMessage());
    String place = failure.location().map(where -> where + ": ").orElse("");
    return failure.code().reason() + ": " + (message.startsWith(place) ? message : place + message);
  }

  /** The lines around {@code place}, those of the instruction marked. Ends with a line end. */
  static String excerpt(String text, Location place) {
    if (place.line() == 0) {
      return "";
    }
    String[] lines = text.split("\n", -1);
    int last = Math.max(place.line(), place.endLine());
    StringBuilder out = new StringBuilder();
    out.append(place.file()).append(':').append(place.line()).append('\n');
    out.append("--------------------\n");
    int from = Math.max(1, place.line() - AROUND);
    int to = Math.min(lines.length, last + AROUND);
    for (int number = from; number <= to; number++) {
      boolean marked = number >= place.line() && number <= last;
      out.append(String.format("%4d | %s %s%n", number, marked ? ">>>" : "   ", lines[number - 1]));
    }
    return out.append("--------------------\n").toString();
  }
}
