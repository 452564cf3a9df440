package dev.slipway.builder.report;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * A live view for a terminal: finished steps scroll away as one line each, and below them the
 * running steps are redrawn in place with their last lines of output.
 *
 * <p>Redraws happen on events and at most every 80 ms, so that a chatty step costs little.
 */
public final class TtyProgress implements Progress {
  private static final int LINES_OF_OUTPUT = 4;
  private static final long REDRAW_NANOS = 80_000_000L;
  private static final String CLEAR_BELOW = "\u001b[J";
  private static final String DIM = "\u001b[2m";
  private static final String GREEN = "\u001b[32m";
  private static final String RED = "\u001b[31m";
  private static final String RESET = "\u001b[0m";

  private final PrintStream out;
  private final int width;
  private final LongSupplier nanos;
  private final Map<Integer, Running> running = new LinkedHashMap<>();
  private final List<String> warnings = new ArrayList<>();
  private int drawn;
  private long lastDraw;

  /**
   * @param width columns of the terminal; longer lines are cut, because a wrapped line cannot be
   *     redrawn
   */
  public TtyProgress(PrintStream out, int width, LongSupplier nanos) {
    this.out = out;
    this.width = Math.max(20, width);
    this.nanos = nanos;
  }

  @Override
  public synchronized void event(Event event) {
    int number = event.step().number();
    switch (event) {
      case Event.Started ignored ->
          running.put(number, new Running(event.step().text(), nanos.getAsLong()));
      case Event.Output output -> lines(event.step()).add(output.text());
      case Event.Note note -> lines(event.step()).add(note.text());
      case Event.Lookup lookup -> {
        if (!lookup.because().isEmpty()) {
          lines(event.step()).add(PlainProgress.missed(lookup.because()));
        }
      }
      case Event.Finished finished -> {
        running.remove(number);
        StringBuilder text = new StringBuilder();
        erase(text);
        text.append(finishedLine(event.step(), finished)).append('\n');
        out.print(text);
        draw(true);
        return;
      }
    }
    draw(event instanceof Event.Started);
  }

  private Running lines(Event.Step step) {
    return running.computeIfAbsent(step.number(), n -> new Running(step.text(), nanos.getAsLong()));
  }

  @Override
  public synchronized void warning(String text) {
    warnings.add(text);
  }

  @Override
  public synchronized void close() {
    StringBuilder text = new StringBuilder();
    erase(text);
    out.print(text.append(PlainProgress.warnings(warnings)));
    warnings.clear();
    out.flush();
  }

  private String finishedLine(Event.Step step, Event.Finished finished) {
    String ending = PlainProgress.ending(finished.outcome(), finished.took());
    String mark =
        switch (finished.outcome()) {
          case Event.Outcome.Done ignored -> GREEN + "✓" + RESET;
          case Event.Outcome.Cached ignored -> GREEN + "✓" + RESET;
          case Event.Outcome.Failed ignored -> RED + "✗" + RESET;
          case Event.Outcome.Cancelled ignored -> DIM + "-" + RESET;
        };
    String shortEnding = finished.outcome() instanceof Event.Outcome.Failed ? "ERROR" : ending;
    String text = cut(step.text(), width - 4 - shortEnding.length());
    return mark + " " + text + " " + DIM + shortEnding + RESET;
  }

  private void draw(boolean force) {
    long now = nanos.getAsLong();
    if (!force && now - lastDraw < REDRAW_NANOS) {
      return;
    }
    lastDraw = now;
    StringBuilder text = new StringBuilder();
    erase(text);
    for (Running step : running.values()) {
      String took = PlainProgress.brief(Duration.ofNanos(now - step.startedAt));
      text.append("  ").append(cut(step.text, width - 4 - took.length()));
      text.append(' ').append(DIM).append(took).append(RESET).append('\n');
      drawn++;
      for (String line : step.tail) {
        text.append(DIM).append("    ").append(cut(line, width - 5)).append(RESET).append('\n');
        drawn++;
      }
    }
    out.print(text);
    out.flush();
  }

  private void erase(StringBuilder text) {
    if (drawn > 0) {
      text.append("\u001b[").append(drawn).append('A').append('\r').append(CLEAR_BELOW);
      drawn = 0;
    }
  }

  private static String cut(String text, int columns) {
    // Control characters of a step's output would move the cursor away from where we think it is.
    String clean = text.replaceAll("\\p{Cntrl}", " ");
    return clean.length() <= columns ? clean : clean.substring(0, Math.max(0, columns - 1)) + "…";
  }

  private static final class Running {
    final String text;
    final long startedAt;
    final Deque<String> tail = new ArrayDeque<>();

    Running(String text, long startedAt) {
      this.text = text;
      this.startedAt = startedAt;
    }

    void add(String line) {
      tail.addLast(line);
      if (tail.size() > LINES_OF_OUTPUT) {
        tail.removeFirst();
      }
    }
  }
}
