package dev.slipway.builder.dockerfile;

import java.util.List;

/** {@code SHELL ["program", "argument"]}: what runs the shell forms that follow; never empty. */
public record Shell(Origin origin, List<String> arguments) implements Instruction {
  public Shell {
    arguments = List.copyOf(arguments);
  }

  @Override
  public Shell expand(Variables variables) {
    return this;
  }
}
