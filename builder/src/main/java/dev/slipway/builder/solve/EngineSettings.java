package dev.slipway.builder.solve;

import dev.slipway.builder.registry.RegistrySettings;
import dev.slipway.builder.store.StoreLimit;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/**
 * What an engine is given by its surroundings, whatever it builds.
 *
 * @param store root of the content store
 * @param limit how large the store may stay
 * @param environment of the process
 */
public record EngineSettings(
    Path store,
    StoreLimit limit,
    RegistrySettings registries,
    Map<String, String> environment,
    Clock clock) {
  EngineSettings withEnvironment(Map<String, String> variables) {
    return new EngineSettings(store, limit, registries, variables, clock);
  }

  /** The same for a store that is deleted as a whole. */
  EngineSettings withPassingStore(Path directory) {
    return new EngineSettings(directory, StoreLimit.NONE, registries, environment, clock);
  }
}
