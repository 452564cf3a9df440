package dev.slipway.builder.solve;

import dev.slipway.builder.dockerfile.Add;
import dev.slipway.builder.dockerfile.Arg;
import dev.slipway.builder.dockerfile.Cmd;
import dev.slipway.builder.dockerfile.CommandLine;
import dev.slipway.builder.dockerfile.Copy;
import dev.slipway.builder.dockerfile.Entrypoint;
import dev.slipway.builder.dockerfile.Env;
import dev.slipway.builder.dockerfile.Expose;
import dev.slipway.builder.dockerfile.Healthcheck;
import dev.slipway.builder.dockerfile.Instruction;
import dev.slipway.builder.dockerfile.KeyValue;
import dev.slipway.builder.dockerfile.Label;
import dev.slipway.builder.dockerfile.Maintainer;
import dev.slipway.builder.dockerfile.Onbuild;
import dev.slipway.builder.dockerfile.Run;
import dev.slipway.builder.dockerfile.Shell;
import dev.slipway.builder.dockerfile.StopSignal;
import dev.slipway.builder.dockerfile.User;
import dev.slipway.builder.dockerfile.Volume;
import dev.slipway.builder.dockerfile.Workdir;
import dev.slipway.builder.image.ContainerConfig;
import java.util.ArrayList;
import java.util.List;

/** What an instruction changes in the config of the image. Pure. */
final class ConfigStep {
  private static final List<String> DEFAULT_SHELL = List.of("/bin/sh", "-c");

  private ConfigStep() {}

  /**
   * The state after {@code instruction}, files aside.
   *
   * @param instruction expanded; its scope has been applied to {@code before} already
   */
  static StageState apply(StageState before, Instruction instruction) {
    ContainerConfig.Builder config = before.config().toBuilder();
    StageState after = before;
    switch (instruction) {
      case Run ignored -> {}
      case Copy ignored -> {}
      case Add ignored -> {}
      case Arg ignored -> {}
      case Env ignored -> config.env(before.scope().configEnvironment());
      case Label label -> {
        for (KeyValue pair : label.labels()) {
          config.label(pair.key(), pair.value());
        }
      }
      case Maintainer maintainer -> after = after.withAuthor(maintainer.author());
      case Expose expose -> expose.ports().forEach(config::exposePort);
      case Volume volume -> volume.paths().forEach(config::volume);
      case User user -> config.user(user.user());
      case Workdir workdir ->
          config.workingDir(workingDirectory(before.config().workingDir(), workdir.path()));
      case StopSignal signal -> config.stopSignal(signal.signal());
      case Shell shell -> config.shell(shell.arguments());
      case Onbuild onbuild -> config.addOnBuild(onbuild.trigger());
      case Healthcheck health ->
          config.healthcheck(
              new dev.slipway.builder.image.Healthcheck(
                  health.test(),
                  health.interval(),
                  health.timeout(),
                  health.startPeriod(),
                  health.startInterval(),
                  health.retries()));
      case Cmd cmd -> {
        config.cmd(arguments(before.config(), cmd.command())).argsEscaped(false);
        after = after.withCmdSet();
      }
      case Entrypoint entrypoint -> {
        config.entrypoint(arguments(before.config(), entrypoint.command()));
        // The reference: an ENTRYPOINT resets the CMD of the base, not one of this Dockerfile.
        if (!before.cmdSet()) {
          config.cmd(List.of());
        }
      }
    }
    return after.withConfig(config.build());
  }

  /** The stage's shell. */
  static List<String> shell(ContainerConfig config) {
    return config.shell().isEmpty() ? DEFAULT_SHELL : config.shell();
  }

  /** {@code argv} of a command line, by the stage's shell where it is in shell form. */
  static List<String> arguments(ContainerConfig config, CommandLine command) {
    return switch (command) {
      case CommandLine.ExecForm exec -> exec.arguments();
      case CommandLine.ShellForm line -> inShell(config, line.line());
    };
  }

  static List<String> inShell(ContainerConfig config, String line) {
    List<String> argv = new ArrayList<>(shell(config));
    argv.add(line);
    return argv;
  }

  /** {@code WORKDIR} chains: a relative path continues the one before; the result is absolute. */
  static String workingDirectory(String before, String path) {
    String joined = path.startsWith("/") ? path : (before.isEmpty() ? "/" : before) + "/" + path;
    List<String> parts = new ArrayList<>();
    for (String part : joined.split("/", -1)) {
      switch (part) {
        case "", "." -> {}
        case ".." -> {
          if (!parts.isEmpty()) {
            parts.removeLast();
          }
        }
        default -> parts.add(part);
      }
    }
    return "/" + String.join("/", parts);
  }
}
