package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.report.Event;
import dev.slipway.builder.report.Reporter;
import java.util.List;
import java.util.Optional;

/** A step failed: the failure itself, and what only the step knows about it. */
final class StepFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient BuildException failure;
  private final transient Event.Step step;
  private final transient List<String> tail;
  private final transient Optional<Integer> exitCode;
  private transient Optional<Remains> remains = Optional.empty();

  /**
   * The stage as the failing step found it, and what the step did to it.
   *
   * @param run the command, if it was a RUN that came to run
   * @param changes what it had changed when it ended, if that was kept
   */
  record Remains(StageState state, Optional<RunStep.Prepared> run, Optional<Layer> changes) {}

  StepFailure(BuildException failure, int exitCode, Reporter.Running progress) {
    this(failure, Optional.of(exitCode), progress);
  }

  StepFailure(BuildException failure, Optional<Integer> exitCode, Reporter.Running progress) {
    super(failure.getMessage(), failure);
    this.failure = failure;
    this.step = progress.step();
    this.tail = progress.tail().lines();
    this.exitCode = exitCode;
  }

  /** Adds what is left of the stage; what was added first stays. */
  StepFailure with(Remains value) {
    if (remains.isEmpty()) {
      remains = Optional.of(value);
    }
    return this;
  }

  Optional<Remains> remains() {
    return remains;
  }

  BuildException failure() {
    return failure;
  }

  Event.Step step() {
    return step;
  }

  List<String> tail() {
    return tail;
  }

  Optional<Integer> exitCode() {
    return exitCode;
  }
}
