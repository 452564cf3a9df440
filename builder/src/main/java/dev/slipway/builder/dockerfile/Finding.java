package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.Location;

/**
 * What a check has to say.
 *
 * @param message about this place
 */
public record Finding(Rule rule, String message, Location location) {}
