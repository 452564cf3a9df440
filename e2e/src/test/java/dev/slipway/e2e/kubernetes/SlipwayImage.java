package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The image that users run, made by Slipway from this checkout and pushed to the registry of a
 * cluster. The Debian that it is based on is there as well.
 *
 * @param repository with the registry's host
 */
record SlipwayImage(String repository, String tag, String debian) {

  /** Builds it, as {@code make image} does: minutes the first time on a machine. */
  static SlipwayImage build(RealCluster cluster) throws IOException {
    return build(cluster, "latest");
  }

  /** Builds it with another tag, and further options of {@code slipway build}. */
  static SlipwayImage build(RealCluster cluster, String tag, String... options) throws IOException {
    Path log = cluster.directory().resolve("image-build-" + tag + ".log");
    List<String> command =
        new ArrayList<>(
            // Maven is about to run these tests: what they need is built.
            List.of(
                "env", "SLIPWAY_NO_BUILD=1", "TAG=" + tag, "../image/build", cluster.registry()));
    command.addAll(List.of(options));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    process.getOutputStream().close();
    try {
      if (process.waitFor() != 0) {
        throw new IOException("the image could not be built:\n" + Files.readString(log));
      }
    } catch (InterruptedException e) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the image was built", e);
    }
    return new SlipwayImage(
        cluster.registry() + "/slipway", tag, cluster.registry() + "/library/debian:bookworm-slim");
  }

  String reference() {
    return repository + ":" + tag;
  }
}
