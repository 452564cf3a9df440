package dev.slipway.builder.dockerfile;

/** {@code WORKDIR path}; a relative path continues the one before. */
public record Workdir(Origin origin, String path) implements Instruction {
  @Override
  public Workdir expand(Variables variables) {
    return new Workdir(origin, new Expander(origin, variables).word(path));
  }
}
