package dev.slipway.builder.solve;

import dev.slipway.builder.cache.StepKey;
import dev.slipway.builder.copy.Accounts;
import dev.slipway.builder.dockerfile.Run;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.ContainerConfig;
import dev.slipway.builder.linux.Dir;
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
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Runs a RUN: its layer is what it changed in the overlay of the layers below it. */
final class RunStep {
  private static final int SCRIPT_MODE = 0555;

  private final Layers layers;
  private final RunMounts mounts;
  private final RunSettings settings;
  private final boolean keepChanges;

  /**
   * @param keepChanges whether what a failing command had changed is kept
   */
  RunStep(Layers layers, RunMounts mounts, RunSettings settings, boolean keepChanges) {
    this.keepChanges = keepChanges;
    this.layers = layers;
    this.mounts = mounts;
    this.settings = settings;
  }

  /** What is executed, before anything is. */
  record Prepared(
      Run run, List<String> argv, List<PlannedMount> mounts, StepKey key, String history) {}

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
    List<PlannedMount> planned = new ArrayList<>(mounts.plan(run, stage, config));
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
            PlannedMount.fixed(new Mount.Secret(content, script.path(), SCRIPT_MODE, 0, 0)));
      }
    }
    StepKey key =
        RunKey.of(
            state,
            keyed,
            run,
            settings.hostname(),
            planned.stream().map(PlannedMount::key).toList());
    List<String> args =
        state.scope().declaredArgs().entrySet().stream()
            .map(arg -> arg.getKey() + "=" + arg.getValue())
            .toList();
    String history = HistoryText.of(run, args, shown);
    return new Prepared(run, shown, planned, key, history);
  }

  /** Begins to unpack what {@link #execute} will work in. */
  void expect(StageState state) {
    layers.expect(state.layers(), true);
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
      Command command = command(state, step.argv(), Optional.of(step.run()), rootfs, open);
      ExitStatus status =
          sandbox.run(rootfs, command, OutputListener.utf8(line -> progress.output(line, false)));
      if (!status.success()) {
        Optional<Layer> changes =
            keepChanges ? Optional.of(layers.adopt(rootfs.seal(), false)) : Optional.empty();
        throw failure(step, status, progress)
            .with(new StepFailure.Remains(state, Optional.of(step), changes));
      }
      return layers.adopt(rootfs.seal(), exported);
    }
  }

  /**
   * Runs a shell on the terminal of the builder, in a stage as a step found it. What it changes is
   * lost.
   *
   * @param program chooses what is started, given the root of the stage
   * @param step whose mounts and network it gets; empty for those of a plain RUN
   */
  void shell(StageState state, Optional<Prepared> step, Function<Dir, List<String>> program)
      throws InterruptedException, IOException {
    Sandbox sandbox = settings.sandbox();
    List<Path> lowers = layers.directories(state.layers());
    try (Scratch scratch = layers.scratch();
        Rootfs rootfs = sandbox.mount(lowers, scratch.path());
        RunMounts.Open open = mounts.open(step.map(Prepared::mounts).orElse(List.of()), state)) {
      var _ =
          sandbox.runInteractively(
              rootfs,
              command(state, program.apply(rootfs.dir()), step.map(Prepared::run), rootfs, open));
    }
  }

  private Command command(
      StageState state, List<String> argv, Optional<Run> run, Rootfs rootfs, RunMounts.Open open)
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
        argv,
        environment,
        workdir,
        user(identity),
        open.mounts(),
        run.map(settings::network).orElse(settings.network()),
        run.map(settings::security).orElse(Command.Security.SANDBOX),
        settings.hostname().orElse(Command.DEFAULT_HOSTNAME),
        settings.hosts(),
        settings.shmSize(),
        settings.ulimits());
  }

  static Command.User user(Accounts.Identity identity) {
    return new Command.User(
        Math.toIntExact(identity.uid()),
        Math.toIntExact(identity.gid()),
        // The group itself too, or a file that denies it could be read by leaving it.
        Stream.concat(Stream.of(identity.gid()), identity.groups().stream())
            .map(Math::toIntExact)
            .toList());
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
