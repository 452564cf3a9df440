package dev.slipway.builder.solve;

import java.util.Map;
import java.util.Optional;

/**
 * What BuildKit's Dockerfile frontend takes from build arguments that need no ARG, in so far as it
 * is not the Dockerfile's own matter.
 *
 * @param hostname of every RUN ({@code BUILDKIT_SANDBOX_HOSTNAME})
 * @param keepGitDir whether a Git context keeps {@code .git} ({@code
 *     BUILDKIT_CONTEXT_KEEP_GIT_DIR})
 * @param cacheNamespace sets cache mounts apart from those of other builds ({@code
 *     BUILDKIT_CACHE_MOUNT_NS})
 */
record BuildKitArguments(
    Optional<String> hostname, boolean keepGitDir, Optional<String> cacheNamespace) {

  static BuildKitArguments of(Map<String, String> buildArgs) {
    return new BuildKitArguments(
        value(buildArgs, "BUILDKIT_SANDBOX_HOSTNAME"),
        value(buildArgs, "BUILDKIT_CONTEXT_KEEP_GIT_DIR").filter(BuildKitArguments::on).isPresent(),
        value(buildArgs, "BUILDKIT_CACHE_MOUNT_NS"));
  }

  /** The ID that a cache mount has in the store. */
  String cacheId(String id) {
    return cacheNamespace.map(namespace -> namespace + "/" + id).orElse(id);
  }

  private static Optional<String> value(Map<String, String> buildArgs, String name) {
    return Optional.ofNullable(buildArgs.get(name)).filter(value -> !value.isEmpty());
  }

  private static boolean on(String value) {
    return value.equals("1") || value.equalsIgnoreCase("true");
  }
}
