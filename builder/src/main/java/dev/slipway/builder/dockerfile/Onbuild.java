package dev.slipway.builder.dockerfile;

/**
 * {@code ONBUILD}: an instruction that runs first in a build whose base is this image.
 *
 * @param trigger the instruction as the image's config keeps it: without {@code ONBUILD}, heredocs
 *     included, nothing expanded; {@link Dockerfile#parseTrigger} reads it back
 */
public record Onbuild(Origin origin, String trigger) implements Instruction {
  @Override
  public Onbuild expand(Variables variables) {
    return this;
  }
}
