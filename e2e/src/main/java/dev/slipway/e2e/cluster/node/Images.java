package dev.slipway.e2e.cluster.node;

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
   */
  record Image(List<String> entrypoint, Map<String, String> env) {
    public Image {
      entrypoint = List.copyOf(entrypoint);
      env = Map.copyOf(env);
    }
  }

  /** The image of that reference, or empty if it cannot be pulled. */
  Optional<Image> find(String reference);
}
