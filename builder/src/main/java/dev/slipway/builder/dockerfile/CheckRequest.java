package dev.slipway.builder.dockerfile;

import dev.slipway.builder.source.IgnorePatterns;
import java.util.Map;
import java.util.Optional;

/**
 * What checks, outlines and the like are made for.
 *
 * @param buildArgs {@code --build-arg}, in order
 * @param target a stage's name; empty for all stages in a check, for the last one in an outline
 * @param images the base images
 * @param ignored the patterns of {@code .dockerignore}
 */
public record CheckRequest(
    Dockerfile file,
    Map<String, String> buildArgs,
    BuildPlatforms platforms,
    Optional<String> target,
    BaseImage.Lookup images,
    IgnorePatterns ignored) {

  Globals globals() {
    return Globals.of(file, buildArgs, platforms, target);
  }
}
