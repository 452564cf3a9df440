package dev.slipway.builder.solve;

import dev.slipway.builder.registry.RegistrySettings;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/**
 * What an engine is given by its surroundings, whatever it builds.
 *
 * @param store root of the content store
 * @param environment of the process
 */
public record EngineSettings(
    Path store, RegistrySettings registries, Map<String, String> environment, Clock clock) {}
