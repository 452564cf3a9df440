package dev.slipway.builder.dockerfile;

/** {@code CMD}: the default command, or the default arguments of the entrypoint. */
public record Cmd(Origin origin, CommandLine command) implements Instruction {
  @Override
  public Cmd expand(Variables variables) {
    return this;
  }
}
