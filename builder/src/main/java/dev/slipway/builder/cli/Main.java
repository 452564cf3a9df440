package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.sandbox.UserNamespace;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code slipway}: builds, inspects and moves container images.
 *
 * <p>Exit codes: 0 success, 1 a failed build or command, 2 wrong usage, 130 cancelled.
 */
@Command(
    name = "slipway",
    description = "Builds container images from Dockerfiles, without a daemon.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      BuildCommand.class,
      CommitCommand.class,
      ImageCommands.HistoryCommand.class,
      ImageCommands.InspectCommand.class,
      ImageCommands.PushCommand.class,
      ImageCommands.LoadCommand.class,
      DebugCommand.class,
      HoldCommand.class,
      StoreCommands.SystemCommand.class,
      StoreCommands.PruneCommand.class,
      CommandLine.HelpCommand.class
    })
public final class Main implements Runnable {
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int CANCELLED = 130;

  /** Commands that unpack layers or run steps. */
  private static final Set<String> UNPACKING = Set.of("build", "load", "commit", "debug");

  @Spec private CommandSpec spec;

  public Main() {
    spec = CommandSpec.create();
  }

  public static void main(String[] arguments) {
    Logs.configure();
    if (arguments.length > 0 && UNPACKING.contains(arguments[0])) {
      // Before any file is written: what is unpacked belongs to the ids of the namespace.
      UserNamespace.enter();
    }
    System.exit(run(arguments));
  }

  /** Runs one command line in this process. */
  public static int run(String... arguments) {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    // What follows the command that debug runs is that command's.
    Objects.requireNonNull(commandLine.getSubcommands().get("debug")).setStopAtPositional(true);
    commandLine.setExecutionExceptionHandler(
        (failure, command, parsed) -> report(failure, command.getErr()));
    commandLine.setParameterExceptionHandler(Main::explainUsage);
    return commandLine.execute(arguments);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Give a command.");
  }

  private static int explainUsage(ParameterException failure, String[] arguments) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("ERROR: " + failure.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(failure, err)) {
      err.println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
    }
    return USAGE;
  }

  private static int report(Exception failure, PrintWriter err) {
    if (failure instanceof BuildException known) {
      err.println("ERROR: " + ErrorText.of(known));
      return exitCode(known.code());
    }
    err.println("ERROR: InternalError: " + failure);
    failure.printStackTrace(err);
    err.println("This is a defect of Slipway. Please report it with the lines above.");
    return FAILED;
  }

  static int exitCode(ErrorCode code) {
    return switch (code) {
      case USAGE -> USAGE;
      case CANCELLED -> CANCELLED;
      default -> FAILED;
    };
  }
}
