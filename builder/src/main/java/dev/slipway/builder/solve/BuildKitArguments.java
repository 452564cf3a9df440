package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

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

  /** The frontends whose language this engine speaks. */
  private static final Pattern DOCKERFILE =
      Pattern.compile("(docker\\.io/)?docker/dockerfile(-upstream)?([:@].*)?");

  /**
   * Reads them.
   *
   * @throws BuildException {@code UNSUPPORTED} for those that ask for what this engine cannot do
   */
  static BuildKitArguments of(Map<String, String> buildArgs) {
    refuse(
        value(buildArgs, "BUILDKIT_SYNTAX").filter(image -> !DOCKERFILE.matcher(image).matches()),
        "BUILDKIT_SYNTAX asks for another frontend; this engine is the only one there is");
    refuse(
        value(buildArgs, "BUILDKIT_MULTI_PLATFORM").filter(BuildKitArguments::on),
        "BUILDKIT_MULTI_PLATFORM asks for an index of images; one platform is built, as an image");
    return new BuildKitArguments(
        value(buildArgs, "BUILDKIT_SANDBOX_HOSTNAME"),
        value(buildArgs, "BUILDKIT_CONTEXT_KEEP_GIT_DIR").filter(BuildKitArguments::on).isPresent(),
        value(buildArgs, "BUILDKIT_CACHE_MOUNT_NS"));
  }

  /** The ID that a cache mount has in the store. */
  String cacheId(String id) {
    return cacheNamespace.map(namespace -> namespace + "/" + id).orElse(id);
  }

  private static void refuse(Optional<String> argument, String why) {
    if (argument.isPresent()) {
      throw new BuildException(ErrorCode.UNSUPPORTED, why + ": leave this build argument out");
    }
  }

  private static Optional<String> value(Map<String, String> buildArgs, String name) {
    return Optional.ofNullable(buildArgs.get(name)).filter(value -> !value.isEmpty());
  }

  private static boolean on(String value) {
    return value.equals("1") || value.equalsIgnoreCase("true");
  }
}
