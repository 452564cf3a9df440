package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.Location;
import java.util.Optional;

/**
 * What a check has to say.
 *
 * @param rule such as {@code UndefinedVar}
 * @param description of the rule
 * @param url where the rule is explained
 * @param message about this place
 */
public record Finding(
    String rule, String description, Optional<String> url, String message, Location location) {}
