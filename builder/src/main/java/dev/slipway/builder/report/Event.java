package dev.slipway.builder.report;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Something that happened during a build, in the order in which it happened for its step. */
public sealed interface Event {

  /** The step that the event belongs to. */
  Step step();

  /** The step began. */
  record Started(Step step) implements Event {}

  /**
   * A line of output of a step.
   *
   * @param text without its line end
   * @param at since the step began
   */
  record Output(Step step, String text, boolean stderr, Duration at) implements Event {}

  /**
   * Something the engine says about a step: what it moves, what it waits for.
   *
   * @param waits whether the step goes on only once something outside of the build has changed
   */
  record Note(Step step, String text, boolean waits) implements Event {}

  /**
   * Whether the step's result was in a cache.
   *
   * @param because what is to blame for a miss, in words; empty for a hit
   */
  record Lookup(Step step, boolean hit, List<String> because) implements Event {}

  /** The step is done. */
  record Finished(Step step, Outcome outcome, Duration took) implements Event {}

  /** How a step ended. */
  sealed interface Outcome {
    /** It ran. */
    record Done() implements Outcome {}

    /** Its result was in the cache. */
    record Cached() implements Outcome {}

    /** It failed. */
    record Failed(String message) implements Outcome {}

    /** It was stopped, usually because another step failed. */
    record Cancelled() implements Outcome {}
  }

  /**
   * What is numbered and timed in a build.
   *
   * @param number counts from 1 in the order of the steps' first events
   * @param stage the stage's name or number, or empty for the work around the stages
   * @param text what it does, on one line: {@code [builder 2/4] RUN make}
   */
  record Step(int number, Optional<String> stage, String text) {}
}
