package dev.slipway.builder.report;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/** Numbers and times the steps of one build, and passes what they say to a {@link Progress}. */
public final class Reporter {
  private static final int TAIL = 30;

  private final Progress progress;
  private final Redaction redaction;
  private final LongSupplier nanos;
  private final AtomicInteger steps = new AtomicInteger();

  /**
   * @param nanos a monotonic clock, in nanoseconds
   */
  public Reporter(Progress progress, Redaction redaction, LongSupplier nanos) {
    this.progress = progress;
    this.redaction = redaction;
    this.nanos = nanos;
  }

  public void warning(String text) {
    progress.warning(redaction.apply(text));
  }

  /**
   * Begins a step.
   *
   * @param stage empty for the work around the stages
   * @param text what the step does; line ends become spaces
   */
  public Running start(Optional<String> stage, String text) {
    String line = redaction.apply(text).replaceAll("\\s*\\R\\s*", " ");
    Running step = new Running(new Event.Step(steps.incrementAndGet(), stage, line));
    progress.event(new Event.Started(step.step));
    return step;
  }

  /** A step between its beginning and its end, which is exactly one of the last methods here. */
  public final class Running {
    private final Event.Step step;
    private final long began = nanos.getAsLong();
    private final LogTail tail = new LogTail(TAIL);

    private Running(Event.Step step) {
      this.step = step;
    }

    public Event.Step step() {
      return step;
    }

    public LogTail tail() {
      return tail;
    }

    public Duration took() {
      return Duration.ofNanos(nanos.getAsLong() - began);
    }

    /** A line that the step printed. */
    public void output(String text, boolean stderr) {
      String shown = redaction.apply(text);
      tail.add(shown);
      progress.event(new Event.Output(step, shown, stderr, took()));
    }

    /** Something that we say about it. */
    public void note(String text) {
      progress.event(new Event.Note(step, redaction.apply(text), false));
    }

    /** It goes on only once something outside of the build has changed. */
    public void waits(String text) {
      progress.event(new Event.Note(step, redaction.apply(text), true));
    }

    /**
     * Whether a cache had it.
     *
     * @param because why not; empty for a hit
     */
    public void lookup(boolean hit, List<String> because) {
      progress.event(new Event.Lookup(step, hit, because.stream().map(redaction::apply).toList()));
    }

    public void done() {
      progress.event(new Event.Finished(step, new Event.Outcome.Done(), took()));
    }

    public void cached() {
      progress.event(new Event.Finished(step, new Event.Outcome.Cached(), took()));
    }

    public void failed(String message) {
      progress.event(
          new Event.Finished(step, new Event.Outcome.Failed(redaction.apply(message)), took()));
    }

    public void cancelled() {
      progress.event(new Event.Finished(step, new Event.Outcome.Cancelled(), took()));
    }
  }
}
