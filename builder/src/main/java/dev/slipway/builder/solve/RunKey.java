package dev.slipway.builder.solve;

import dev.slipway.builder.cache.StepKey;
import dev.slipway.builder.dockerfile.Run;
import java.util.List;

/** What the result of a RUN depends on. Pure. */
final class RunKey {
  private RunKey() {}

  /**
   * Makes the key.
   *
   * @param state what the step starts from
   * @param argv what is executed; for a script, its text too
   * @param mounts a text for each mount: its options, and what its content is named by
   */
  static StepKey of(StageState state, List<String> argv, Run run, List<String> mounts) {
    return StepKey.of("RUN")
        .addFilesBefore(state.filesKey(), state.inherited())
        .add("the command", argv)
        .addVariables(state.scope().environment(), state.scope().declaredArgs().keySet())
        .add("the user", state.config().user())
        .add("the working directory", state.config().workingDir())
        .add("--network", run.network().name())
        .add("--security", run.security().name())
        .add("--mount", mounts)
        .build();
  }
}
