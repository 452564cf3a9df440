package dev.slipway.builder.solve;

import dev.slipway.builder.cache.StepKey;
import dev.slipway.builder.copy.Accounts;
import dev.slipway.builder.dockerfile.Run;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.ContainerConfig;
import dev.slipway.builder.report.Reporter;
import dev.slipway.builder.sandbox.Command;
import dev.slipway.builder.sandbox.ExitStatus;
import dev.slipway.builder.sandbox.Mount;
import dev.slipway.builder.sandbox.OutputListener;
import dev.slipway.builder.sandbox.Rootfs;
import dev.slipway.builder.sandbox.Sandbox;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Runs a RUN: its layer is what it changed in the overlay of the layers below it. */
final class RunStep {
  private static final int SCRIPT_MODE = 0555;

  private final Layers layers;
  private final RunMounts mounts;
  private final RunSettings settings;

  RunStep(Layers layers, RunMounts mounts, RunSettings settings) {
    this.layers = layers;
    this.mounts = mounts;
    this.settings = settings;
  }

  /** What is executed, before anything is. */
  record Prepared(
      Run run, List<String> argv, List<RunMounts.Planned> mounts, StepKey key, String history) {}

  /**
   * Works out command, mounts and key.
   *
   * @param run expanded
   * @param stage index of the stage that it stands in
   */
  Prepared prepare(StageState state, Run run, int stage) throws InterruptedException {
    ContainerConfig config = state.config();
    List<String> shown;
    List<String> keyed;
    List<RunMounts.Planned> planned = new ArrayList<>(mounts.plan(run, stage, config));
    switch (run.invocation()) {
      case Run.Invocation.Exec exec -> {
        shown = exec.arguments();
        keyed = shown;
      }
      case Run.Invocation.ShellText text -> {
        shown = ConfigStep.inShell(config, text.text());
        keyed = shown;
      }
      case Run.Invocation.ScriptFile script -> {
        shown = ConfigStep.inShell(config, script.path());
        keyed = new ArrayList<>(shown);
        keyed.add(script.content());
        byte[] content = script.content().getBytes(StandardCharsets.UTF_8);
        planned.add(
            RunMounts.Planned.fixed(new Mount.Secret(content, script.path(), SCRIPT_MODE, 0, 0)));
      }
    }
    StepKey key =
        RunKey.of(
            state.filesKey(),
            keyed,
            state.scope().environment(),
            config.user(),
            config.workingDir(),
            run,
            planned.stream().map(RunMounts.Planned::key).toList());
    List<String> args =
        state.scope().declaredArgs().entrySet().stream()
            .map(arg -> arg.getKey() + "=" + arg.getValue())
            .toList();
    String history = HistoryText.of(run, args, shown);
    return new Prepared(run, shown, planned, key, history);
  }

  /**
   * Executes.
   *
   * @return the layer
   * @throws StepFailure where the command fails
   */
  Layer execute(StageState state, Prepared step, boolean exported, Reporter.Running progress)
      throws InterruptedException, IOException {
    Sandbox sandbox = settings.sandbox();
    List<Path> lowers = layers.directories(state.layers());
    try (Scratch scratch = layers.scratch();
        Rootfs rootfs = sandbox.mount(lowers, scratch.path());
        RunMounts.Open open = mounts.open(step.mounts(), state)) {
      Command command = command(state, step, rootfs, open);
      ExitStatus status =
          sandbox.run(rootfs, command, OutputListener.utf8(line -> progress.output(line, false)));
      if (!status.success()) {
        throw failure(step, status, progress);
      }
      return layers.adopt(rootfs.seal(), exported);
    }
  }

  private Command command(StageState state, Prepared step, Rootfs rootfs, RunMounts.Open open)
      throws IOException {
    ContainerConfig config = state.config();
    Accounts.Identity identity = Accounts.of(rootfs.dir()).identity(config.user());
    Map<String, String> environment = new LinkedHashMap<>(state.scope().proxyEnvironment());
    environment.putAll(state.scope().environment());
    environment.putAll(open.environment());
    environment.putIfAbsent("PATH", Command.DEFAULT_PATH);
    environment.putIfAbsent("HOME", identity.home());
    String workdir = config.workingDir().isEmpty() ? "/" : config.workingDir();
    layers.ensureDirectory(rootfs, workdir);
    return new Command(
        step.argv(),
        environment,
        workdir,
        new Command.User(
            Math.toIntExact(identity.uid()),
            Math.toIntExact(identity.gid()),
            // The group itself too, or a file that denies it could be read by leaving it.
            Stream.concat(Stream.of(identity.gid()), identity.groups().stream())
                .map(Math::toIntExact)
                .toList()),
        open.mounts(),
        settings.network(step.run()),
        settings.security(step.run()),
        Command.DEFAULT_HOSTNAME,
        settings.hosts(),
        settings.shmSize(),
        settings.ulimits());
  }

  private static StepFailure failure(Prepared step, ExitStatus status, Reporter.Running progress) {
    String shown = "the command '" + String.join(" ", step.argv()) + "' ";
    return switch (status) {
      case ExitStatus.Exited exited ->
          new StepFailure(
              new BuildException(
                  ErrorCode.RUN_FAILED,
                  shown + "returned a non-zero code: " + exited.code(),
                  step.run().location()),
              exited.code(),
              progress);
      case ExitStatus.Signaled signaled ->
          new StepFailure(
              new BuildException(
                  ErrorCode.RUN_KILLED,
                  shown + "was ended by signal " + signaled.signal(),
                  step.run().location()),
              128 + signaled.signal(),
              progress);
      case ExitStatus.OutOfMemory out ->
          new StepFailure(
              new BuildException(
                  ErrorCode.OUT_OF_MEMORY,
                  shown
                      + "ran out of memory"
                      + (out.limit() > 0 ? " (the limit is " + out.limit() + " bytes)" : "")
                      + "; give the builder more (spec.pod.resources) or let the step do less at"
                      + " once",
                  step.run().location()),
              137,
              progress);
    };
  }
}
