package dev.slipway.builder.solve;

import dev.slipway.builder.cache.CacheFrom;
import dev.slipway.builder.cache.CacheTo;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.output.Output;
import dev.slipway.builder.ssh.AgentSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One build as a user asks for it.
 *
 * @param context a directory, Git URL, http(s) archive, or {@code -}
 * @param dockerfile the value of {@code --file}
 * @param outputs at least one
 */
public record BuildRequest(
    String context,
    Optional<String> dockerfile,
    Definition definition,
    Execution execution,
    Labelling labelling,
    List<Output> outputs,
    Caches caches) {

  /**
   * What is built.
   *
   * @param namedContexts {@code --build-context}: name to context
   */
  public record Definition(
      Optional<String> target,
      Map<String, String> buildArgs,
      Map<String, String> namedContexts,
      Platform platform) {}

  /**
   * How it is built. None of it changes what a step means, so none of it enters a cache key, except
   * where a step names a secret or agent by its ID.
   *
   * @param slotPrefix names this build among others, for explanations of cache misses
   * @param isolation the tier to use; absent means the strongest that works
   * @param allow entitlements, as BuildKit names them: {@code security.insecure}; {@code
   *     network.host} is what every step has here
   */
  public record Execution(
      String slotPrefix,
      boolean noCache,
      Set<String> noCacheStages,
      boolean pull,
      List<SecretSource> secrets,
      List<AgentSource> ssh,
      Optional<String> isolation,
      String network,
      List<String> extraHosts,
      Optional<String> shmSize,
      List<String> ulimits,
      Set<String> allow,
      Optional<Path> gitCredentials) {
    /** The same with every step run. */
    Execution withNoCache() {
      return new Execution(
          slotPrefix,
          true,
          noCacheStages,
          pull,
          secrets,
          ssh,
          isolation,
          network,
          extraHosts,
          shmSize,
          ulimits,
          allow,
          gitCredentials);
    }
  }

  /** The caches beside the local store, in the order in which they are asked. */
  public record Caches(List<CacheFrom> from, List<CacheTo> to) {
    public static final Caches NONE = new Caches(List.of(), List.of());
  }

  /** What the result is called and what is written on it. */
  public record Labelling(
      List<ImageReference> tags, Map<String, String> labels, Map<String, String> annotations) {}
}
