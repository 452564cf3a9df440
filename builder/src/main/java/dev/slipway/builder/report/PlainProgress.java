package dev.slipway.builder.report;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One line an event, in the layout that users of BuildKit know: {@code #5 [builder 2/3] RUN make},
 * {@code #5 0.123 output}, {@code #5 DONE 1.2s}. A blank line stands between two steps.
 */
public final class PlainProgress implements Progress {
  private static final int MOST_REASONS = 3;

  private final PrintStream out;
  private final List<String> warnings = new ArrayList<>();
  private int current;

  public PlainProgress(PrintStream out) {
    this.out = out;
  }

  @Override
  public synchronized void event(Event event) {
    int number = event.step().number();
    if (current != number) {
      if (current != 0) {
        out.println();
      }
      current = number;
      out.println("#" + number + " " + event.step().text());
    }
    switch (event) {
      case Event.Started ignored -> {}
      case Event.Output output ->
          out.println("#" + number + " " + precise(output.at()) + " " + output.text());
      case Event.Note note -> out.println("#" + number + " " + note.text());
      case Event.Lookup lookup -> {
        if (!lookup.hit() && !lookup.because().isEmpty()) {
          out.println("#" + number + " " + missed(lookup.because()));
        }
      }
      case Event.Finished finished ->
          out.println("#" + number + " " + ending(finished.outcome(), finished.took()));
    }
    out.flush();
  }

  @Override
  public synchronized void warning(String text) {
    warnings.add(text);
  }

  @Override
  public synchronized void close() {
    out.print(warnings(warnings));
    warnings.clear();
    out.flush();
  }

  /** At most a few of the reasons. */
  static String missed(List<String> because) {
    int shown = Math.min(because.size(), MOST_REASONS);
    String more = because.size() > shown ? ", and " + (because.size() - shown) + " more" : "";
    return "not cached: " + String.join(", ", because.subList(0, shown)) + more;
  }

  static String ending(Event.Outcome outcome, Duration took) {
    return switch (outcome) {
      case Event.Outcome.Done ignored -> "DONE " + brief(took);
      case Event.Outcome.Cached ignored -> "CACHED";
      case Event.Outcome.Failed failed -> "ERROR: " + failed.message();
      case Event.Outcome.Cancelled ignored -> "CANCELED";
    };
  }

  /** All warnings, at the end of a build, as buildx has them. */
  static String warnings(List<String> warnings) {
    if (warnings.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder("\n ");
    text.append(warnings.size() == 1 ? "1 warning" : warnings.size() + " warnings");
    text.append(" found (use --check to expand):\n");
    warnings.forEach(warning -> text.append(" - ").append(warning).append('\n'));
    return text.toString();
  }

  static String brief(Duration duration) {
    return String.format(Locale.ROOT, "%.1fs", duration.toMillis() / 1000.0);
  }

  private static String precise(Duration duration) {
    return String.format(Locale.ROOT, "%.3f", duration.toMillis() / 1000.0);
  }
}
