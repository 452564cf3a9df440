package dev.slipway.builder.cache;

import dev.slipway.builder.layer.LayerOptions;
import java.util.List;
import java.util.Optional;

/**
 * Remembers what steps made. Thread-safe. A cache never fails a build: what cannot be read is a
 * miss, what cannot be written is forgotten.
 */
public interface StepCache {

  /**
   * What is remembered for a key, the nearest first: caches may disagree, and may have lost the
   * layer.
   *
   * @param wanted how the image's layers are compressed
   */
  List<FoundStep> find(StepKey key, LayerOptions wanted);

  /** The layer of a step, for caches that keep layers themselves. */
  interface LayerSource {

    /** Its bytes: those that there are, else made now in that encoding. */
    CachedLayer get(LayerOptions preferred);
  }

  /**
   * Remembers a step that ran, or was found.
   *
   * @param keys its names; the last is the one that needs the least to be worked out
   * @param exported whether its layer is part of the image
   * @param layer empty where the layer itself is not to be had
   */
  void keep(List<StepKey> keys, StepResult result, boolean exported, Optional<LayerSource> layer);

  /**
   * The key that a step had in the build before.
   *
   * @param slot names the step across builds: the Dockerfile, the stage, the number of the step
   */
  Optional<StepKey> last(String slot);

  /** Records the key of this build's step for later explanations. */
  void remember(String slot, StepKey key);
}
