package dev.slipway.operator;

import dev.slipway.operator.cli.KubectlCommand;
import dev.slipway.operator.cli.OperatorCommand;
import java.util.Arrays;
import picocli.CommandLine;

/** The entry point of {@code slipway operator} and {@code slipway kubectl}. */
public final class OperatorMain {
  private OperatorMain() {}

  public static void main(String[] args) {
    boolean kubectl = args.length > 0 && args[0].equals("kubectl");
    System.exit(
        kubectl
            ? new CommandLine(new KubectlCommand()).execute(Arrays.copyOfRange(args, 1, args.length))
            : new CommandLine(new OperatorCommand()).execute(args));
  }
}
