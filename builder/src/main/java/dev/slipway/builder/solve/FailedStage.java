package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.ContainerConfig;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.store.ContentStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The stage of the step that failed, while it can be opened: for {@code --on-error}. */
public final class FailedStage {
  private static final List<String> SHELLS = List.of("/bin/bash", "/bin/sh", "/bin/ash");

  private final StepFailure failure;
  private final StepFailure.Remains remains;
  private final RunStep runStep;
  private final Layers layers;
  private final ContentStore store;

  FailedStage(
      StepFailure failure,
      StepFailure.Remains remains,
      RunStep runStep,
      Layers layers,
      ContentStore store) {
    this.failure = failure;
    this.remains = remains;
    this.runStep = runStep;
    this.layers = layers;
    this.store = store;
  }

  /** What to do with it. */
  @FunctionalInterface
  public interface Handler {
    /**
     * Called once, on the thread of the build, when every other stage has been stopped.
     *
     * @param failure how the build will end
     */
    void handle(Build.Finished.Failed failure, FailedStage stage) throws InterruptedException;
  }

  /** The command that failed, as it was started; empty where no command ran. */
  public Optional<List<String>> command() {
    return remains.run().map(RunStep.Prepared::argv);
  }

  /**
   * Starts a shell on the builder's terminal, in the stage as it was before the step, with the
   * user, the environment and the mounts of the step. Returns when it ends; its changes are lost.
   *
   * @throws BuildException FILE_NOT_FOUND where the stage has no shell
   */
  public void shell() throws InterruptedException {
    try {
      runStep.shell(
          remains.state(), remains.run(), root -> List.of(shell(remains.state().config(), root)));
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    }
  }

  /**
   * Keeps it in the content store under a name, where {@link KeptStage} finds it from another
   * process.
   */
  public void keep(String name) {
    ContainerConfig config = remains.state().config();
    List<Layer> all = new ArrayList<>(remains.state().layers());
    remains.changes().ifPresent(all::add);
    new KeptStage(
            layers.directories(all).stream().map(Path::toString).toList(),
            remains.changes().isPresent(),
            remains.state().scope().environment().entrySet().stream()
                .map(variable -> variable.getKey() + "=" + variable.getValue())
                .toList(),
            config.user(),
            config.workingDir().isEmpty() ? "/" : config.workingDir(),
            config.shell(),
            failure.step().text(),
            command().orElse(List.of()))
        .save(store, name);
  }

  private static String shell(ContainerConfig config, Dir root) {
    return shell(config.shell(), root);
  }

  /**
   * The shell of an image: that of its SHELL instruction, or the usual ones.
   *
   * @throws BuildException FILE_NOT_FOUND where there is none
   */
  static String shell(List<String> configured, Dir root) {
    return Stream.concat(configured.stream().limit(1), SHELLS.stream())
        .filter(path -> exists(root, path))
        .findFirst()
        .orElseThrow(() ->
            new BuildException(
                ErrorCode.FILE_NOT_FOUND,
                "this stage has no shell to start: there is none of " + String.join(", ", SHELLS)));
  }

  private static boolean exists(Dir root, String path) {
    try {
      return root.find(path.replaceFirst("^/+", "")) != null;
    } catch (LinuxException e) {
      return false;
    }
  }
}
