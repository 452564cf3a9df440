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
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The skeletons of layers, each read at most once in a build, and kept in the store for the next.
 * Thread-safe.
 */
final class Skeletons {
  private static final String RECORDS = "paths";

  private final ContentStore store;
  private final Opener opener;
  private final Function<Digest, @Nullable CompletableFuture<?>> unpacking;
  private final Executor background;
  private final Map<Digest, CompletableFuture<Optional<Skeleton>>> read = new ConcurrentHashMap<>();

  /** Opens the compressed bytes of a layer. */
  interface Opener {
    InputStream open(Layer layer) throws IOException;
  }

  /**
   * @param unpacking the work of somebody who reads the layer already, and will {@link #keep} it
   */
  Skeletons(
      ContentStore store,
      Opener opener,
      Function<Digest, @Nullable CompletableFuture<?>> unpacking,
      Executor background) {
    this.store = store;
    this.opener = opener;
    this.unpacking = unpacking;
    this.background = background;
  }

  /**
   * What an overlay of {@code layers} would answer, if that can be told without unpacking them.
   * They are read side by side.
   */
  Optional<Lookup> lookup(List<Layer> layers) {
    List<CompletableFuture<Optional<Skeleton>>> wanted = expect(layers);
    List<Skeleton> topFirst = new ArrayList<>();
    for (CompletableFuture<Optional<Skeleton>> one : wanted) {
      Layers.get(one).ifPresent(topFirst::add);
    }
    return topFirst.size() == layers.size()
        ? Optional.of(new SkeletonLookup(topFirst))
        : Optional.empty();
  }

  /** Begins to read layers; topmost first. */
  List<CompletableFuture<Optional<Skeleton>>> expect(List<Layer> layers) {
    return layers.reversed().stream()
        .map(layer -> read.computeIfAbsent(layer.diffId(), id -> begin(layer)))
        .toList();
  }

  private CompletableFuture<Optional<Skeleton>> begin(Layer layer) {
    CompletableFuture<?> reader = unpacking.apply(layer.diffId());
    return reader == null
        ? CompletableFuture.supplyAsync(() -> skeleton(layer), background)
        : reader.handleAsync((_, _) -> skeleton(layer), background);
  }

  /** Keeps what somebody else read. */
  void keep(Layer layer, Skeleton skeleton) {
    store.putRecord(RECORDS, layer.diffId().toString(), skeleton.bytes());
  }

  private Optional<Skeleton> skeleton(Layer layer) {
    String key = layer.diffId().toString();
    try {
      Optional<byte[]> kept = store.record(RECORDS, key);
      if (kept.isPresent()) {
        return kept.map(Skeleton::of);
      }
      Optional<Skeleton> made = Skeleton.read(opener.open(layer), Layers.LARGEST_LAYER);
      made.ifPresent(skeleton -> keep(layer, skeleton));
      return made;
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    }
  }
}
