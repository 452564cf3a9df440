package dev.slipway.builder.cache;

import java.util.List;
import java.util.Optional;

/**
 * Remembers what steps made. Thread-safe. A cache never fails a build: what cannot be read is a
 * miss, what cannot be written is forgotten.
 */
public interface StepCache {

  Optional<StepResult> find(StepKey key);

  void put(StepKey key, StepResult result);

  /**
   * What differs between {@code key} and the key that the same step had in the build before.
   *
   * @param slot names the step across builds: the Dockerfile, the stage, the number of the step
   * @return names of parts; empty where the step was never seen
   */
  Optional<List<String>> explain(String slot, StepKey key);

  /** Records the key of this build's step for later explanations. */
  void remember(String slot, StepKey key);
}
