package dev.slipway.builder.dockerfile;

/** {@code MAINTAINER}, deprecated: sets the image's author. Variables are not expanded. */
public record Maintainer(Origin origin, String author) implements Instruction {
  @Override
  public Maintainer expand(Variables variables) {
    return this;
  }
}
