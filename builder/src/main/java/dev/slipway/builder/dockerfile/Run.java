package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import java.util.List;
import java.util.Locale;
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
  public record Device(String name, boolean required) {
    static Device parse(String flag) {
      String name = "";
      boolean required = false;
      for (String field : Csv.fields(flag)) {
        switch (field.toLowerCase(Locale.ROOT)) {
          case "required", "required=true", "required=1" -> required = true;
          case "required=false", "required=0" -> required = false;
          default -> {
            String given = field.startsWith("name=") ? field.substring(5) : field;
            // A name may itself hold "=", as in vendor.com/gpu=all.
            if (!name.isEmpty()) {
              throw new IllegalArgumentException(
                  "device name already set to %s, cannot be %s as well".formatted(name, given));
            }
            name = given;
          }
        }
      }
      return new Device(name, required);
    }
  }

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

  /** For a document that is the whole command, its first line is shown as well. */
  @Override
  public String source() {
    return command instanceof CommandLine.ShellForm shell && isLoneDocument(shell)
        ? origin.source() + " (" + summary(shell.heredocs().getFirst().content().strip()) + ")"
        : origin.source();
  }

  private static String summary(String text) {
    int end = text.indexOf('\n');
    return end < 0 ? text : text.substring(0, end).stripTrailing() + "...";
  }

  private static boolean isLoneDocument(CommandLine.ShellForm shell) {
    return !shell.heredocs().isEmpty() && HeredocReader.announcement(shell.line()).isPresent();
  }

  @Override
  public Run expand(Variables variables) {
    Expander expander = new Expander(origin, variables);
    List<MountFlag> expanded = mountFlags.stream().map(flag -> flag.expand(expander)).toList();
    return new Run(origin, command, expanded, network, security, deviceFlags);
  }

  /** What to start; variables in documents are the shell's affair as well. */
  public Invocation invocation() {
    return switch (command) {
      case CommandLine.ExecForm exec -> new Invocation.Exec(exec.arguments());
      case CommandLine.ShellForm shell when shell.heredocs().isEmpty() ->
          new Invocation.ShellText(shell.line());
      case CommandLine.ShellForm shell -> withDocuments(shell);
    };
  }

  private static Invocation withDocuments(CommandLine.ShellForm shell) {
    Heredoc first = shell.heredocs().getFirst();
    if (isLoneDocument(shell)) {
      // The document is the whole command: it runs in shells that know no heredocs as well.
      String text = first.text();
      return text.startsWith("#!")
          ? new Invocation.ScriptFile(first.name(), text)
          : new Invocation.ShellText(text);
    }
    StringBuilder text = new StringBuilder(shell.line());
    for (Heredoc document : shell.heredocs()) {
      text.append('\n').append(document.content()).append(document.name());
    }
    return new Invocation.ShellText(text.toString());
  }

  /**
   * Refuses mounts that are wrong whatever their variables are.
   *
   * @throws BuildException with {@code DOCKERFILE_SYNTAX}, at the flag
   */
  public void requireMounts() {
    for (MountFlag flag : mountFlags) {
      if (flag.problem().isPresent()) {
        throw flag.problem().get();
      }
    }
  }

  /**
   * The mounts, typed and valid. Call it on an expanded instruction. A relative target continues
   * the working directory; the root itself cannot be one.
   *
   * @throws BuildException with {@code DOCKERFILE_SYNTAX}: an unknown key, type or value
   */
  public List<Mount> mounts() {
    requireMounts();
    return mountFlags.stream()
        .map(flag -> {
          try {
            return MountReader.read(flag);
          } catch (IllegalArgumentException e) {
            throw origin.failure(String.valueOf(e.getMessage()));
          }
        })
        .toList();
  }

  /**
   * The devices, typed and valid.
   *
   * @throws BuildException with {@code DOCKERFILE_SYNTAX}
   */
  public List<Device> devices() {
    return deviceFlags.stream()
        .map(flag -> {
          try {
            return Device.parse(flag);
          } catch (IllegalArgumentException e) {
            throw origin.failure(String.valueOf(e.getMessage()));
          }
        })
        .toList();
  }

  /** The stages, contexts or images that mounts read, known before expansion. */
  public List<String> mountSources() {
    return mountFlags.stream().map(MountFlag::from).flatMap(Optional::stream).toList();
  }
}
