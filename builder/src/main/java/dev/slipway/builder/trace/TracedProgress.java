package dev.slipway.builder.trace;

import dev.slipway.builder.report.Event;
import dev.slipway.builder.report.Progress;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * One span for the build, one for each stage, from its first step to its last, and one for each
 * step, in its stage. What steps print is in the log and not here.
 */
final class TracedProgress implements Progress {
  private static final AttributeKey<String> STAGE = AttributeKey.stringKey("slipway.stage");
  private static final AttributeKey<Boolean> CACHED = AttributeKey.booleanKey("slipway.cached");
  private static final AttributeKey<Long> NUMBER = AttributeKey.longKey("slipway.step");
  private static final AttributeKey<String> MISSED = AttributeKey.stringKey("slipway.cache.missed");

  private final Progress shown;
  private final Tracer tracer;
  private final Span build;
  private final Runnable send;

  // Guarded by this.
  private final Map<String, Stage> stages = new HashMap<>();
  private final Map<Integer, Span> steps = new HashMap<>();
  private boolean closed;

  /** A stage that has begun, and when a step of it ended last. */
  private static final class Stage {
    final Span span;
    Instant ended = Instant.now();

    Stage(Span span) {
      this.span = span;
    }
  }

  /**
   * @param send called once all spans have ended
   */
  TracedProgress(Progress shown, Tracer tracer, Context parent, Runnable send) {
    this.shown = shown;
    this.tracer = tracer;
    this.send = send;
    build = tracer.spanBuilder("slipway build").setParent(parent).startSpan();
  }

  @Override
  public void event(Event event) {
    trace(event);
    shown.event(event);
  }

  private synchronized void trace(Event event) {
    Event.Step step = event.step();
    switch (event) {
      case Event.Started _ -> steps.put(step.number(), begin(step));
      case Event.Output _ -> {}
      case Event.Note note -> span(step).addEvent(note.text());
      case Event.Lookup lookup -> {
        span(step).setAttribute(CACHED, lookup.hit());
        if (!lookup.because().isEmpty()) {
          span(step).setAttribute(MISSED, String.join("; ", lookup.because()));
        }
      }
      case Event.Finished finished -> end(step, finished.outcome());
    }
  }

  private Span begin(Event.Step step) {
    Span around =
        step.stage()
            .map(name ->
                stages.computeIfAbsent(
                        name,
                        _ ->
                            new Stage(
                                tracer
                                    .spanBuilder("stage " + name)
                                    .setParent(Context.root().with(build))
                                    .setAttribute(STAGE, name)
                                    .startSpan()))
                    .span)
            .orElse(build);
    return tracer
        .spanBuilder(step.text())
        .setParent(Context.root().with(around))
        .setAttribute(NUMBER, (long) step.number())
        .startSpan();
  }

  private Span span(Event.Step step) {
    return steps.getOrDefault(step.number(), Span.getInvalid());
  }

  private void end(Event.Step step, Event.Outcome outcome) {
    Span span = span(step);
    switch (outcome) {
      case Event.Outcome.Done() -> {}
      case Event.Outcome.Cached() -> span.setAttribute(CACHED, true);
      case Event.Outcome.Failed(String message) -> {
        span.setStatus(StatusCode.ERROR, message);
        build.setStatus(StatusCode.ERROR, step.text() + ": " + message);
      }
      case Event.Outcome.Cancelled() -> span.addEvent("cancelled");
    }
    span.end();
    step.stage()
        .map(stages::get)
        .ifPresent(stage -> {
          stage.ended = Instant.now();
          if (outcome instanceof Event.Outcome.Failed(String message)) {
            stage.span.setStatus(StatusCode.ERROR, message);
          }
        });
  }

  @Override
  public void warning(String text) {
    shown.warning(text);
  }

  @Override
  public void close() {
    if (end()) {
      send.run();
    }
    shown.close();
  }

  private synchronized boolean end() {
    if (closed) {
      return false;
    }
    closed = true;
    stages.values().forEach(stage -> stage.span.end(stage.ended));
    build.end();
    return true;
  }
}
