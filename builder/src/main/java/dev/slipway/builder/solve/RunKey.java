package dev.slipway.builder.solve;

import dev.slipway.builder.cache.StepKey;
import dev.slipway.builder.dockerfile.Run;
import java.util.List;
import java.util.Map;

/** What the result of a RUN depends on. Pure. */
final class RunKey {
  private RunKey() {}

  /**
   * Makes the key.
   *
   * @param files names the files that the step starts from ({@link StageState#filesKey})
   * @param argv what is executed; for a script, its text too
   * @param environment without the predefined proxy arguments
   * @param user as the config says it: who that is, the files tell
   * @param mounts a text for each mount: its options, and what its content is named by
   */
  static StepKey of(
      List<String> files,
      List<String> argv,
      Map<String, String> environment,
      String user,
      String workingDir,
      Run run,
      List<String> mounts) {
    return StepKey.of("RUN")
        .add("the files before it", files)
        .add("the command", argv)
        .addEach("variable ", environment)
        .add("the user", user)
        .add("the working directory", workingDir)
        .add("--network", run.network().name())
        .add("--security", run.security().name())
        .add("--mount", mounts)
        .build();
  }
}
