package dev.slipway.builder.cache;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.Manifest;
import dev.slipway.builder.image.MediaType;
import dev.slipway.builder.layer.LayerOptions;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The index of a cache as an OCI manifest. Its layers are the blobs, so that a registry keeps them
 * as long as the manifest; two annotations say what they are and which steps made them. An image
 * that carries the same annotations is an inline cache.
 *
 * <p>A cache is written by others. Whatever in it is malformed is passed over: that is a miss.
 */
final class CacheManifest {
  static final String ARTIFACT = "application/vnd.slipway.buildcache.v1";
  static final MediaType INPUTS =
      new MediaType("application/vnd.slipway.buildcache.inputs.v1+json");

  /** A line a step: key, diff ID, when it was made, the day of its last use (absent inline). */
  static final String STEPS = "dev.slipway.buildcache.steps";

  /**
   * A line a layer of the manifest: {@code layer DIFF-ID LEVEL}, or {@code mount ID DIFF-ID DAY}.
   */
  static final String LAYERS = "dev.slipway.buildcache.layers";

  private CacheManifest() {}

  /**
   * Writes an index: the same index always gives the same bytes.
   *
   * @param inputs the config; has to be in the repository
   */
  static Document<Manifest> write(CacheIndex index, Descriptor inputs) {
    StringBuilder kinds = new StringBuilder();
    List<Descriptor> blobs = new ArrayList<>();
    index.layers().stream()
        .sorted(
            java.util.Comparator.comparing(CacheIndex.KeptLayer::diffId)
                .thenComparing(layer -> layer.blob().digest()))
        .forEach(layer -> {
          blobs.add(layer.blob());
          kinds.append("layer ").append(layer.diffId());
          kinds.append(' ').append(layer.encoding().level()).append('\n');
        });
    new TreeMap<>(index.mounts())
        .forEach((id, mount) -> {
          blobs.add(mount.blob());
          kinds.append("mount ").append(id).append(' ').append(mount.diffId());
          kinds.append(' ').append(mount.used()).append('\n');
        });
    return new Manifest(
            MediaType.OCI_MANIFEST,
            ARTIFACT,
            inputs,
            blobs,
            null,
            annotations(steps(index, true), kinds.toString()))
        .toDocument();
  }

  /** The annotations that make an image of {@code layers} its own cache. */
  static Map<String, String> inline(
      Map<String, StepResult> steps, List<Digest> diffIds, List<Descriptor> blobs, int level) {
    Map<String, CacheIndex.Step> all = new HashMap<>();
    steps.forEach((key, result) -> all.put(key, new CacheIndex.Step(result, LocalDate.EPOCH)));
    StringBuilder kinds = new StringBuilder();
    for (int i = 0; i < blobs.size(); i++) {
      kinds.append("layer ").append(diffIds.get(i)).append(' ').append(level).append('\n');
    }
    return annotations(
        steps(new CacheIndex(all, List.of(), Map.of(), Optional.empty()), false), kinds.toString());
  }

  private static Map<String, String> annotations(String steps, String layers) {
    Map<String, String> ordered = new LinkedHashMap<>();
    ordered.put(LAYERS, layers);
    ordered.put(STEPS, steps);
    return ordered;
  }

  private static String steps(CacheIndex index, boolean days) {
    StringBuilder lines = new StringBuilder();
    new TreeMap<>(index.steps())
        .forEach((key, step) -> {
          lines.append(key).append(' ').append(step.result().diffId());
          lines.append(' ').append(step.result().created());
          if (days) {
            lines.append(' ').append(step.used());
          }
          lines.append('\n');
        });
    return lines.toString();
  }

  /**
   * Reads a cache, or an image that holds one.
   *
   * @param today the day of use of what does not say its own
   */
  static CacheIndex read(Manifest manifest, LocalDate today) {
    Map<String, CacheIndex.Step> steps = new HashMap<>();
    for (String line : lines(manifest, STEPS)) {
      step(line, today, steps);
    }
    List<CacheIndex.KeptLayer> layers = new ArrayList<>();
    Map<String, CacheIndex.KeptMount> mounts = new HashMap<>();
    List<String> kinds = lines(manifest, LAYERS);
    for (int i = 0; i < Math.min(kinds.size(), manifest.layers().size()); i++) {
      blob(kinds.get(i).split(" ", -1), manifest.layers().get(i), layers, mounts);
    }
    return new CacheIndex(
        steps,
        layers,
        mounts,
        Optional.of(manifest.config()).filter(config -> config.mediaType().equals(INPUTS)));
  }

  private static List<String> lines(Manifest manifest, String annotation) {
    return manifest.annotations().getOrDefault(annotation, "").lines().toList();
  }

  private static void step(String line, LocalDate today, Map<String, CacheIndex.Step> into) {
    String[] parts = line.split(" ", -1);
    if (parts.length < 3 || !parts[0].matches("[0-9a-f]{64}")) {
      return;
    }
    try {
      Digest diffId = Digest.parse(parts[1]);
      Instant created = Instant.parse(parts[2]);
      LocalDate used = parts.length > 3 ? LocalDate.parse(parts[3]) : today;
      into.put(
          parts[0],
          new CacheIndex.Step(new StepResult(diffId.toString(), created.toString()), used));
    } catch (BuildException | DateTimeException e) {
      return;
    }
  }

  private static void blob(
      String[] parts,
      Descriptor blob,
      List<CacheIndex.KeptLayer> layers,
      Map<String, CacheIndex.KeptMount> mounts) {
    try {
      if (parts[0].equals("layer") && parts.length == 3) {
        LayerOptions encoding = CacheIndex.KeptLayer.encoding(blob, parts[2]);
        layers.add(new CacheIndex.KeptLayer(Digest.parse(parts[1]), encoding, blob));
      } else if (parts[0].equals("mount") && parts.length == 4) {
        mounts.put(
            parts[1],
            new CacheIndex.KeptMount(Digest.parse(parts[2]), blob, LocalDate.parse(parts[3])));
      }
    } catch (BuildException | DateTimeException | IllegalArgumentException e) {
      return;
    }
  }
}
