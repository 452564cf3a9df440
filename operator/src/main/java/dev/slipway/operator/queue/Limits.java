package dev.slipway.operator.queue;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many builds may run at once. An absent limit means unlimited; 0 means paused.
 *
 * @param cluster for all builds together
 * @param namespace for the builds of each namespace
 * @param namespaces for single namespaces, instead of {@code namespace}
 * @param repository for the builds from each Git repository
 */
public record Limits(
    @Nullable Integer cluster,
    @Nullable Integer namespace,
    Map<String, Integer> namespaces,
    @Nullable Integer repository) {

  public static final Limits NONE = new Limits(null, null, Map.of(), null);

  public Limits {
    namespaces = Map.copyOf(namespaces);
  }

  @Nullable Integer of(String name) {
    Integer own = namespaces.get(name);
    return own != null ? own : namespace;
  }
}
