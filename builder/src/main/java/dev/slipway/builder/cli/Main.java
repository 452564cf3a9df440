package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Self;
import dev.slipway.builder.sandbox.UserNamespace;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * {@code slipway}: builds, inspects and moves container images.
 *
 * <p>Exit codes: 0 success, 1 a failed build or command, 2 wrong usage, 130 cancelled.
 */
public final class Main {
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int CANCELLED = 130;

  /** Commands that unpack layers or run steps. */
  private static final Set<String> UNPACKING = Set.of("build", "load", "commit", "debug");

  /** Made when one is asked for. */
  private static final Map<String, Supplier<CommandSpec>> COMMANDS = commands();

  private Main() {}

  public static void main(String[] arguments) {
    if (arguments.length > 0 && UNPACKING.contains(arguments[0])) {
      // Before any file is written: what is unpacked belongs to the ids of the namespace.
      UserNamespace.enter();
    }
    end(start(arguments));
  }

  /**
   * No method reference may point at a class of picocli itself, such as its HelpCommand: JDK 25
   * crashes when it makes a start-up cache with one, because picocli's class files are too old.
   */
  private static Map<String, Supplier<CommandSpec>> commands() {
    Map<String, Supplier<CommandSpec>> all = new LinkedHashMap<>();
    all.put("build", () -> Flags.command("build", new BuildCommand()));
    all.put("commit", () -> Flags.command("commit", new CommitCommand()));
    all.put("history", () -> Flags.command("history", new ImageCommands.HistoryCommand()));
    all.put("inspect", () -> Flags.command("inspect", new ImageCommands.InspectCommand()));
    all.put("push", () -> Flags.command("push", new ImageCommands.PushCommand()));
    all.put("load", () -> Flags.command("load", new ImageCommands.LoadCommand()));
    all.put("debug", () -> Flags.command("debug", new DebugCommand()));
    all.put("hold", () -> Flags.command("hold", new HoldCommand()));
    all.put("system", StoreCommands::system);
    all.put("prune", () -> Flags.command("prune", new StoreCommands.PruneCommand()));
    return all;
  }

  /**
   * A JVM that has used virtual threads for the network takes 300 ms to end: it waits for threads
   * in native code, where their poller always is. The launcher asks to do without.
   */
  private static void end(int status) {
    System.out.flush();
    System.err.flush();
    if ("now".equals(System.getProperty("slipway.exit"))) {
      Self.exit(status);
    }
    System.exit(status);
  }

  /** Runs one command line as a program of its own does, which has a log. */
  public static int start(String... arguments) {
    Providers.name();
    WarmUp warmUp = WarmUp.begin();
    CommandLine commandLine = commandLine(arguments);
    warmUp.awaitLogs();
    return commandLine.execute(arguments);
  }

  /** Runs one command line in this process. */
  public static int run(String... arguments) {
    return commandLine(arguments).execute(arguments);
  }

  private static CommandLine commandLine(String... arguments) {
    CommandSpec spec = Flags.helping(CommandSpec.create().name("slipway"));
    spec.usageMessage().description("Builds container images from Dockerfiles, without a daemon.");
    spec.versionProvider(new Version());
    CommandLine commandLine = new CommandLine(spec);
    String asked = arguments.length == 0 ? "" : arguments[0];
    Supplier<CommandSpec> known = COMMANDS.get(asked);
    if (known == null) { // help, and a suggestion for what is misspelt, need all
      COMMANDS.forEach((name, any) -> commandLine.addSubcommand(name, any.get()));
      commandLine.addSubcommand("help", new CommandLine.HelpCommand());
    } else {
      commandLine.addSubcommand(asked, known.get());
    }
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    CommandLine debug = commandLine.getSubcommands().get("debug");
    if (debug != null) {
      debug.setStopAtPositional(true); // what follows the command that it runs is that command's
    }
    commandLine.setExecutionExceptionHandler(
        (failure, command, parsed) -> report(failure, command.getErr()));
    commandLine.setParameterExceptionHandler(Main::explainUsage);
    return commandLine;
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
