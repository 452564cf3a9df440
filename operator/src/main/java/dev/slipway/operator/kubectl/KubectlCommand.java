package dev.slipway.operator.kubectl;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code kubectl slipway}: ImageBuilds from a terminal. */
@Command(
    name = "kubectl slipway",
    description = "Requests, follows and explains the image builds of a cluster.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    subcommands = {
      BuildCommand.class,
      LogsCommand.class,
      ListCommand.class,
      DescribeCommand.class,
      CancelCommand.class,
      RetryCommand.class,
      CreateCommand.class,
      CompletionCommand.class,
      CompleteCommand.class
    })
public final class KubectlCommand implements Runnable {
  @Spec @Nullable CommandSpec spec;

  /** The command line, with errors told in one line. */
  public static CommandLine commandLine() {
    return new CommandLine(new KubectlCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((error, command, _) -> {
          command.getErr().println("error: " + OnCluster.explain(error));
          return 1;
        })
        .setParameterExceptionHandler((error, _) -> {
          CommandLine command = error.getCommandLine();
          command.getErr().println("error: " + error.getMessage());
          command.getErr().println("See '" + command.getCommandSpec().qualifiedName() + " --help'");
          return 2;
        });
  }

  @Override
  public void run() {
    throw new ParameterException(
        Objects.requireNonNull(spec).commandLine(),
        "name a command: build, logs, list, describe, cancel, retry, create or completion");
  }
}
