package dev.slipway.builder.cache;

import dev.slipway.builder.image.Compression;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.layer.LayerOptions;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a cache outside of this machine holds: all of it in one small document, so that a fresh
 * machine learns with one request what it need not build. Immutable.
 *
 * @param steps results by key
 * @param layers the blobs that are there
 * @param mounts kept cache mounts, by the digest of their ID
 * @param inputs where the keys of the last builds are, for explanations
 */
public record CacheIndex(
    Map<String, Step> steps,
    List<KeptLayer> layers,
    Map<String, KeptMount> mounts,
    Optional<Descriptor> inputs) {

  public static final CacheIndex EMPTY =
      new CacheIndex(Map.of(), List.of(), Map.of(), Optional.empty());

  /** Manifests over 4 MiB are refused by registries; a step and its layer take about 500 bytes. */
  private static final int MOST_STEPS = 4_000;

  private static final int MOST_DAYS = 30;

  public CacheIndex {
    steps = Map.copyOf(steps);
    layers = List.copyOf(layers);
    mounts = Map.copyOf(mounts);
  }

  /**
   * A remembered step.
   *
   * @param used the last day on which a build used it
   */
  public record Step(StepResult result, LocalDate used) {}

  /** A blob, what it unpacks to, and how it was compressed. */
  public record KeptLayer(Digest diffId, LayerOptions encoding, Descriptor blob) {

    /** As {@code gzip:6}. */
    static LayerOptions encoding(Descriptor blob, String level) {
      Compression compression = blob.mediaType().compression().orElse(Compression.NONE);
      return new LayerOptions(compression, Integer.parseInt(level));
    }
  }

  /** The content of a cache mount as a layer. */
  public record KeptMount(Digest diffId, Descriptor blob, LocalDate used) {}

  /** What is remembered for a key, with a layer in {@code wanted} encoding if there is one. */
  public Optional<KeptLayer> layer(Digest diffId, LayerOptions wanted) {
    return layers.stream()
        .filter(layer -> layer.diffId().equals(diffId))
        .min(Comparator.comparing(layer -> !layer.encoding().equals(wanted)));
  }

  /**
   * This and {@code other} together; of two records of one thing, that which was used later.
   *
   * @param other wins where both are of one day
   */
  public CacheIndex plus(CacheIndex other) {
    Map<String, Step> allSteps = new HashMap<>(steps);
    other.steps.forEach((key, step) ->
        allSteps.merge(key, step, (old, now) -> now.used().isBefore(old.used()) ? old : now));
    Set<KeptLayer> allLayers = new java.util.LinkedHashSet<>(layers);
    allLayers.addAll(other.layers);
    Map<String, KeptMount> allMounts = new HashMap<>(mounts);
    other.mounts.forEach((id, mount) ->
        allMounts.merge(id, mount, (old, now) -> now.used().isBefore(old.used()) ? old : now));
    return new CacheIndex(
        allSteps, List.copyOf(allLayers), allMounts, other.inputs.or(() -> inputs));
  }

  /** Without these layers, and without the steps that made them. */
  public CacheIndex without(Set<Digest> diffIds) {
    Map<String, Step> left = new HashMap<>(steps);
    left.values().removeIf(step -> diffIds.contains(Digest.parse(step.result().diffId())));
    return new CacheIndex(
        left,
        layers.stream().filter(layer -> !diffIds.contains(layer.diffId())).toList(),
        mounts,
        inputs);
  }

  /** Whether all steps, layers and mounts of {@code other} are here. */
  public boolean has(CacheIndex other) {
    return other.steps.entrySet().stream()
            .allMatch(entry -> {
              Step here = steps.get(entry.getKey());
              return here != null
                  && here.result().equals(entry.getValue().result())
                  && !here.used().isBefore(entry.getValue().used());
            })
        && new HashSet<>(layers).containsAll(other.layers)
        && other.mounts.entrySet().stream()
            .allMatch(entry -> {
              KeptMount here = mounts.get(entry.getKey());
              return here != null && here.blob().equals(entry.getValue().blob());
            });
  }

  /** Without what nobody used for a month, and within the size that registries take. */
  public CacheIndex trimmed(LocalDate today) {
    LocalDate oldest = today.minusDays(MOST_DAYS);
    Map<String, Step> keptSteps = new LinkedHashMap<>();
    List<Map.Entry<String, Step>> byUse = new ArrayList<>(steps.entrySet());
    byUse.sort(
        Comparator.comparing((Map.Entry<String, Step> entry) -> entry.getValue().used())
            .reversed()
            .thenComparing(Map.Entry::getKey));
    byUse.stream()
        .filter(entry -> !entry.getValue().used().isBefore(oldest))
        .limit(MOST_STEPS)
        .forEach(entry -> keptSteps.put(entry.getKey(), entry.getValue()));
    Set<String> needed = new HashSet<>();
    keptSteps.values().forEach(step -> needed.add(step.result().diffId()));
    Map<String, KeptMount> keptMounts = new HashMap<>(mounts);
    keptMounts.values().removeIf(mount -> mount.used().isBefore(oldest));
    return new CacheIndex(
        keptSteps,
        layers.stream().filter(layer -> needed.contains(layer.diffId().toString())).toList(),
        keptMounts,
        inputs);
  }
}
