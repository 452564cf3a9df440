package dev.slipway.builder.solve;

import dev.slipway.builder.copy.Lookup;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.layer.Skeleton;
import dev.slipway.builder.store.ContentStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/**
 * The skeletons of layers, each read at most once in a build, and kept in the store for the next.
 * Thread-safe.
 */
final class Skeletons {
  private static final String RECORDS = "paths";

  private final ContentStore store;
  private final Opener opener;
  private final Executor background;
  private final Map<Digest, CompletableFuture<Optional<Skeleton>>> read = new ConcurrentHashMap<>();

  /** Opens the compressed bytes of a layer. */
  interface Opener {
    InputStream open(Layer layer) throws IOException;
  }

  Skeletons(ContentStore store, Opener opener, Executor background) {
    this.store = store;
    this.opener = opener;
    this.background = background;
  }

  /**
   * What an overlay of {@code layers} would answer, if that can be told without unpacking them.
   * They are read side by side.
   */
  Optional<Lookup> lookup(List<Layer> layers) {
    List<CompletableFuture<Optional<Skeleton>>> wanted =
        layers.reversed().stream()
            .map(layer ->
                read.computeIfAbsent(
                    layer.diffId(),
                    id -> CompletableFuture.supplyAsync(() -> skeleton(layer), background)))
            .toList();
    List<Skeleton> topFirst = new ArrayList<>();
    for (CompletableFuture<Optional<Skeleton>> one : wanted) {
      Layers.get(one).ifPresent(topFirst::add);
    }
    return topFirst.size() == layers.size()
        ? Optional.of(new SkeletonLookup(topFirst))
        : Optional.empty();
  }

  private Optional<Skeleton> skeleton(Layer layer) {
    String key = layer.diffId().toString();
    try {
      Optional<byte[]> kept = store.record(RECORDS, key);
      if (kept.isPresent()) {
        return kept.map(Skeleton::of);
      }
      Optional<Skeleton> made = Skeleton.read(opener.open(layer), Layers.LARGEST_LAYER);
      made.ifPresent(skeleton -> store.putRecord(RECORDS, key, skeleton.bytes()));
      return made;
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    }
  }
}
