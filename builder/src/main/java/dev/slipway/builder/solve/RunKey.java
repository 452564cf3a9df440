package dev.slipway.builder.solve;

import dev.slipway.builder.cache.StepKey;
import dev.slipway.builder.dockerfile.Run;
import java.util.List;
import java.util.Optional;

/** What the result of a RUN depends on. Pure. */
final class RunKey {
  private RunKey() {}

  /**
   * Makes the key.
   *
   * @param state what the step starts from
   * @param argv what is executed; for a script, its text too
   * @param hostname where it is not ours
   * @param mounts a text for each mount: its options, and what its content is named by
   */
  static StepKey of(
      StageState state,
      List<String> argv,
      Run run,
      Optional<String> hostname,
      List<String> mounts) {
    StepKey.Builder key =
        StepKey.of("RUN")
            .addFilesBefore(state.filesKey(), state.inherited())
            .add("the command", argv)
            .addVariables(state.scope().environment(), state.scope().declaredArgs().keySet())
            .add("the user", state.config().user())
            .add("the working directory", state.config().workingDir())
            .add("--network", run.network().name())
            .add("--security", run.security().name())
            .add("--mount", mounts);
    return hostname.map(name -> key.add("the host name", name)).orElse(key).build();
  }
}
