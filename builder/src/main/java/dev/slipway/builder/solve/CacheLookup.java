package dev.slipway.builder.solve;

import dev.slipway.builder.cache.FoundStep;
import dev.slipway.builder.cache.StepCache;
import dev.slipway.builder.cache.StepKey;
import dev.slipway.builder.cache.StepResult;
import dev.slipway.builder.image.Digest;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Steps and their layers in the caches: what is remembered counts only where its layer can be had.
 * Thread-safe.
 */
final class CacheLookup {
  private final StepCache cache;
  private final Layers layers;
  private final boolean strict;
  private final Memory memory;

  /**
   * @param strict whether even a layer that perhaps nobody will read has to be there
   * @param memory of this build, for all its passes
   */
  CacheLookup(StepCache cache, Layers layers, boolean strict, Memory memory) {
    this.cache = cache;
    this.layers = layers;
    this.strict = strict;
    this.memory = memory;
  }

  /**
   * What one pass of a build leaves to the next.
   *
   * @param made keys of steps that it made
   * @param last the keys that steps had in the build before, by slot
   */
  record Memory(Set<String> made, Map<String, Optional<StepKey>> last) {
    static Memory empty() {
      return new Memory(ConcurrentHashMap.newKeySet(), new ConcurrentHashMap<>());
    }
  }

  /** A step that need not run. */
  record Hit(Layer layer, Instant created) {}

  /** Whether this build itself made the step. */
  boolean madeNow(StepKey key) {
    return memory.made().contains(key.id());
  }

  /**
   * Looks for the first of {@code keys}, and lets all of them stand for what is found.
   *
   * @param exported whether the layer is part of the image, and so has to be had in any case
   */
  Optional<Hit> find(List<StepKey> keys, boolean exported) {
    for (FoundStep found : cache.find(keys.getFirst(), layers.blobs().encoding())) {
      Digest diffId = Digest.parse(found.result().diffId());
      Optional<Layer.Origin> origin = origin(diffId, found);
      // A layer of another stage is needed only if something reads it. Most often nothing does,
      // and if something does, the build starts over without it (Build).
      if (origin.isEmpty() && (exported || strict)) {
        continue;
      }
      Layer layer = new Layer(diffId, origin.orElse(new Layer.Origin.InStore()));
      remember(keys, found.result(), layer, exported, origin.isPresent());
      if (origin.isPresent()) {
        layers.prepare(layer, exported);
      }
      return Optional.of(new Hit(layer, Instant.parse(found.result().created())));
    }
    return Optional.empty();
  }

  private Optional<Layer.Origin> origin(Digest diffId, FoundStep found) {
    return layers.available(diffId)
        ? Optional.of(new Layer.Origin.InStore())
        : found.layer().map(Layer.Origin.InCache::new);
  }

  /** Remembers a step that ran. */
  void made(List<StepKey> keys, Layer layer, Instant created, boolean exported) {
    keys.forEach(key -> memory.made().add(key.id()));
    StepResult result = new StepResult(layer.diffId().toString(), created.toString());
    remember(keys, result, layer, exported, true);
  }

  private void remember(
      List<StepKey> keys, StepResult result, Layer layer, boolean exported, boolean there) {
    Optional<StepCache.LayerSource> source =
        there
            ? Optional.of(encoding -> layers.blobs().forCache(layer, encoding))
            : Optional.empty();
    cache.keep(keys, result, exported, source);
  }

  /** Why no cache has it; empty where no earlier build of the step is known. */
  List<String> explain(String slot, List<StepKey> keys) {
    Optional<StepKey> last = memory.last().computeIfAbsent(slot, cache::last);
    if (last.isEmpty()) {
      return List.of();
    }
    for (StepKey key : keys) {
      if (key.comparableWith(last.get())) {
        List<String> changed = key.changedSince(last.get());
        return changed.isEmpty() ? List.of("its result is gone from the cache") : changed;
      }
    }
    return List.of("the instruction is another");
  }
}
