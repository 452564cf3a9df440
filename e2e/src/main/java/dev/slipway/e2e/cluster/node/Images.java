package dev.slipway.e2e.cluster.node;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What stands for an image on this node: programs of this machine. */
@FunctionalInterface
public interface Images {

  /**
   * An image that can run.
   *
   * @param entrypoint what a container without a {@code command} runs
   * @param env its environment, below that of the container
   * @param files what it consists of; a container sees these even below a mount path
   */
  record Image(List<String> entrypoint, Map<String, String> env, List<Path> files) {
    public Image {
      entrypoint = List.copyOf(entrypoint);
      env = Map.copyOf(env);
      files = List.copyOf(files);
    }
  }

  /** The image of that reference, or empty if it cannot be pulled. */
  Optional<Image> find(String reference);
}
