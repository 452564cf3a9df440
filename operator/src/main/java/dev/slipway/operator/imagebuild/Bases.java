package dev.slipway.operator.imagebuild;

import dev.slipway.api.BaseImage;
import dev.slipway.api.BuildStatus;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Output;
import dev.slipway.operator.base.BaseQuery;
import dev.slipway.operator.base.BaseSighting;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The base images that the latest build knew, by digest. Those of the last good image are in {@code
 * status.baseImages}; where a later build knew another digest and failed, it is remembered among
 * the inputs that were observed, so that it is not tried again and again.
 */
final class Bases {
  private static final String PREFIX = "baseImages.";

  private Bases() {}

  /** What to ask the registries for. */
  static Map<BaseQuery, String> queries(ImageBuild build, ImageBuildStatus status) {
    Output output = build.getSpec().output();
    String secret = output.pushSecretRef() == null ? null : output.pushSecretRef().name();
    String insecure = output.insecure() ? Texts.registry(output.image()) : "";
    Map<BaseQuery, String> queries = new HashMap<>();
    known(status.observedInputs(), status.baseImages())
        .forEach((image, digest) ->
            queries.put(
                BaseQuery.of(image, build.getMetadata().getNamespace(), secret, insecure), digest));
    return queries;
  }

  /** Whether this observed input is one of ours, and not one of the spec. */
  static boolean isInput(String name) {
    return name.startsWith(PREFIX);
  }

  /** Image as FROM has it, to digest. */
  static Map<String, String> known(Map<String, String> observed, Collection<BaseImage> lastGood) {
    Map<String, String> known = new TreeMap<>();
    lastGood.forEach(base -> known.put(base.ref(), base.digest()));
    observed.forEach((name, digest) -> {
      if (isInput(name)) {
        known.put(name.substring(PREFIX.length()), digest);
      }
    });
    return known;
  }

  /** The inputs, and the digests that are not those of the last good image. */
  static Map<String, String> remember(
      Map<String, String> inputs, Map<String, String> known, Collection<BaseImage> lastGood) {
    Map<String, String> good = known(Map.of(), lastGood);
    Map<String, String> all = new TreeMap<>(forget(inputs));
    known.forEach((image, digest) -> {
      if (!digest.equals(good.get(image))) {
        all.put(PREFIX + image, digest);
      }
    });
    return all;
  }

  static Map<String, String> forget(Map<String, String> inputs) {
    Map<String, String> rest = new TreeMap<>(inputs);
    rest.keySet().removeIf(Bases::isInput);
    return rest;
  }

  /** A build may have met its base images in any moment until it ended. */
  static Instant since(BuildStatus last, Instant now) {
    return last.completionTime() == null
        ? Texts.queued(last, now)
        : Instant.parse(last.completionTime());
  }

  /** What is known, brought up to date with what was seen since. */
  static Map<String, String> seen(
      Map<String, String> known, Map<String, BaseSighting> sightings, Instant since) {
    Map<String, String> seen = new TreeMap<>(known);
    seen.replaceAll((image, digest) ->
        sightings.get(image) instanceof BaseSighting.Seen now && isNews(now, since)
            ? now.digest()
            : digest);
    return seen;
  }

  /** Times in the status are cut to the second; what is older says nothing about that build. */
  private static boolean isNews(BaseSighting.Seen seen, Instant since) {
    return seen.asked().isAfter(since.plusSeconds(1));
  }

  /** {@code debian:12: 0123456789ab -> ba9876543210}, for people; empty where nothing moved. */
  static Optional<String> describe(Map<String, String> known, Map<String, String> seen) {
    List<String> changes = new ArrayList<>();
    known.forEach((image, digest) -> {
      String now = seen.getOrDefault(image, digest);
      if (!now.equals(digest)) {
        changes.add(image + ": " + shortened(digest) + " -> " + shortened(now));
      }
    });
    return changes.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", changes));
  }

  private static String shortened(String digest) {
    return Texts.shortened(digest.substring(digest.indexOf(':') + 1));
  }
}
