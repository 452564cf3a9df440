package dev.slipway.builder.dockerfile;

import dev.slipway.builder.image.Platform;

/**
 * The automatic platform arguments come from these.
 *
 * @param build the platform that the build runs on
 * @param target the platform that the result is for
 */
public record BuildPlatforms(Platform build, Platform target) {}
