package dev.slipway.builder.cache;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.layer.LayerOptions;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Reads one cache: its index once, when the build begins; a blob only when a step reads it. */
final class CacheReader {
  private final CacheFrom from;
  private final Backend backend;
  private final Consumer<String> warn;
  private final CompletableFuture<CacheIndex> index;
  private Optional<Map<String, StepKey>> inputs = Optional.empty();

  /** Begins to read. */
  CacheReader(CacheFrom from, Backend backend, Executor threads, Consumer<String> warn) {
    this.from = from;
    this.backend = backend;
    this.warn = warn;
    this.index = CompletableFuture.supplyAsync(this::load, threads);
  }

  private CacheIndex load() {
    try {
      return backend.read().map(Backend.Content::index).orElse(CacheIndex.EMPTY);
    } catch (IOException | BuildException e) {
      if (!(e instanceof BuildException known && known.code() == ErrorCode.CANCELLED)) {
        warn.accept("the cache " + backend.name() + " is not used: " + e.getMessage());
      }
      return CacheIndex.EMPTY;
    }
  }

  CacheFrom from() {
    return from;
  }

  /** What is there; nothing where it cannot be read. */
  CacheIndex index() {
    return index.join();
  }

  /** A layer, if possible in {@code wanted} encoding. */
  Optional<CachedLayer> layer(Digest diffId, LayerOptions wanted) {
    return index()
        .layer(diffId, wanted)
        .map(kept ->
            new CachedLayer(backend.blob(kept.blob()), kept.encoding(), backend.repository()));
  }

  Optional<FoundStep> find(StepKey key) {
    return Optional.ofNullable(index().steps().get(key.id()))
        .map(step -> new FoundStep(step.result(), Optional.empty()));
  }

  /** The content of a cache mount. */
  Optional<KeptContent> mount(String id) {
    return from.mounts()
        ? Optional.ofNullable(index().mounts().get(id))
            .map(kept -> new KeptContent(kept.diffId(), backend.blob(kept.blob())))
        : Optional.empty();
  }

  /** The key that a step had last; read from the cache only when somebody asks. */
  synchronized Optional<StepKey> last(String slot) {
    if (inputs.isEmpty()) {
      inputs = Optional.of(index().inputs().map(this::inputs).orElse(Map.of()));
    }
    return Optional.ofNullable(inputs.get().get(slot));
  }

  private Map<String, StepKey> inputs(Descriptor blob) {
    try (InputStream in = backend.blob(blob).open()) {
      return CacheInputs.read(in.readAllBytes());
    } catch (IOException | BuildException e) {
      // Only explanations come from there.
      return Map.of();
    }
  }
}
