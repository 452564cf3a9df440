package dev.slipway.builder.dockerfile;

/**
 * The automatic platform arguments come from these.
 *
 * @param build the platform that the build runs on, {@code os/arch[/variant]}
 * @param target the platform that the result is for, {@code os/arch[/variant]}
 */
public record BuildPlatforms(String build, String target) {}
