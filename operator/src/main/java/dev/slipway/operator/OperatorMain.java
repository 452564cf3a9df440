package dev.slipway.operator;

import dev.slipway.operator.cli.OperatorCommand;
import picocli.CommandLine;

/** The entry point of {@code slipway operator}. */
public final class OperatorMain {
  private OperatorMain() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new OperatorCommand()).execute(args));
  }
}
