package dev.slipway.builder.dockerfile;

/** {@code ENTRYPOINT}. An empty exec form takes back the base image's. */
public record Entrypoint(Origin origin, CommandLine command) implements Instruction {
  @Override
  public Entrypoint expand(Variables variables) {
    return this;
  }
}
