package dev.slipway.builder.report;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * One line an event, in the layout that users of BuildKit know: {@code #5 [builder 2/3] RUN make},
 * {@code #5 0.123 output}, {@code #5 DONE 1.2s}. A blank line stands between two steps.
 */
public final class PlainProgress implements Progress {
  private final PrintStream out;
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
      case Event.Finished finished ->
          out.println("#" + number + " " + ending(finished.outcome(), finished.took()));
    }
    out.flush();
  }

  @Override
  public synchronized void warning(String text) {
    out.println("WARNING: " + text);
    out.flush();
  }

  @Override
  public synchronized void close() {
    out.flush();
  }

  static String ending(Event.Outcome outcome, Duration took) {
    return switch (outcome) {
      case Event.Outcome.Done ignored -> "DONE " + brief(took);
      case Event.Outcome.Cached ignored -> "CACHED";
      case Event.Outcome.Failed failed -> "ERROR: " + failed.message();
      case Event.Outcome.Cancelled ignored -> "CANCELED";
    };
  }

  static String brief(Duration duration) {
    return String.format(Locale.ROOT, "%.1fs", duration.toMillis() / 1000.0);
  }

  private static String precise(Duration duration) {
    return String.format(Locale.ROOT, "%.3f", duration.toMillis() / 1000.0);
  }
}
