package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.Location;
import java.util.List;

/** Lines of a Dockerfile around a place, as BuildKit shows them. */
public final class Excerpt {
  private static final String RULE = "--------------------\n";

  private Excerpt() {}

  /**
   * The lines of {@code location}, marked, with a few around them; nothing where it has no line.
   *
   * @param text of the file
   */
  public static String of(String text, Location location) {
    List<String> lines = List.of(text.split("\n", -1));
    int start = location.line();
    int end = Math.min(Math.max(location.endLine(), start), lines.size());
    if (start < 1 || start > lines.size()) {
      return "";
    }
    int first = start;
    int last = end;
    // BuildKit's sum: two or four lines more, half of them before, if the file has them.
    int padding = end == start ? 4 : 2;
    for (int added = 0; added < padding; added++) {
      if (first > 1) {
        first--;
        added++;
      }
      if (last < lines.size()) {
        last++;
        added++;
      }
    }
    StringBuilder out = new StringBuilder();
    out.append(location.file()).append(':').append(start).append('\n').append(RULE);
    for (int i = first; i <= last; i++) {
      String number = Integer.toString(i);
      out.append(' ').repeat(" ", Math.max(0, 3 - number.length())).append(number).append(" | ");
      out.append(i >= start && i <= end ? ">>>" : "   ").append(' ');
      lines.get(i - 1).chars().map(Excerpt::printable).forEach(c -> out.append((char) c));
      out.append('\n');
    }
    return out.append(RULE).toString();
  }

  /** A terminal must not be steered by what a Dockerfile holds. */
  private static int printable(int c) {
    return c != '\t' && Character.isISOControl(c) ? ' ' : c;
  }
}
