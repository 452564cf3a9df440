package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import java.util.List;
import java.util.Optional;

/**
 * {@code RUN}. The command itself is never expanded here: that is the shell's work.
 *
 * @param mountFlags the values of {@code --mount}, in order; {@link #mounts} reads them
 * @param deviceFlags the values of {@code --device}, in order; {@link #devices} reads them
 */
public record Run(
    Origin origin,
    CommandLine command,
    List<MountFlag> mountFlags,
    Network network,
    Security security,
    List<String> deviceFlags)
    implements Instruction {
  public Run {
    mountFlags = List.copyOf(mountFlags);
    deviceFlags = List.copyOf(deviceFlags);
  }

  /** {@code --network}. */
  public enum Network {
    DEFAULT,
    NONE,
    HOST
  }

  /** {@code --security}. */
  public enum Security {
    SANDBOX,
    INSECURE
  }

  /**
   * A value of {@code --device}.
   *
   * @param name as the Container Device Interface names it
   */
  public record Device(String name, boolean required) {}

  /** How the command is to be started. */
  public sealed interface Invocation {
    /** Without a shell. */
    record Exec(List<String> arguments) implements Invocation {
      public Exec {
        arguments = List.copyOf(arguments);
      }
    }

    /** By the stage's shell, with {@code text} as its last argument. */
    record ShellText(String text) implements Invocation {}

    /**
     * By the stage's shell, with {@link #path} as its last argument: {@code content} starts with
     * {@code #!} and is to stand there, executable and read-only, while the step runs.
     */
    record ScriptFile(String name, String content) implements Invocation {
      public String path() {
        return "/dev/pipes/" + name;
      }
    }
  }

  @Override
  public Run expand(Variables variables) {
    return Unwritten.yet();
  }

  /** What to start; the values of heredocs are not expanded. */
  public Invocation invocation() {
    return Unwritten.yet();
  }

  /**
   * The mounts, typed and valid. Call it on an expanded instruction.
   *
   * @throws BuildException with {@code DOCKERFILE_SYNTAX}: an unknown key, type or value
   */
  public List<Mount> mounts() {
    return Unwritten.yet();
  }

  /**
   * The devices, typed and valid.
   *
   * @throws BuildException with {@code DOCKERFILE_SYNTAX}
   */
  public List<Device> devices() {
    return Unwritten.yet();
  }

  /** The stages, contexts or images that mounts read, known before expansion. */
  public List<String> mountSources() {
    return mountFlags.stream().map(MountFlag::from).flatMap(Optional::stream).toList();
  }
}
