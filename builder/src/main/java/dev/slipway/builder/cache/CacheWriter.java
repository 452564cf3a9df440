package dev.slipway.builder.cache;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.layer.LayerOptions;
import java.io.IOException;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Writes one cache while the build runs: each layer as soon as its step is done, and the index soon
 * after, so that a build that is killed leaves behind what it had done.
 *
 * <p>Several builds may write to one cache. A registry cannot replace a tag only if nobody else
 * did, so the index is read, merged and written, and read again at the end: who finds his records
 * missing there merges again. What two builds that write in the same instant could still lose is a
 * record, never a layer and never the truth: a later build repeats that step, and each build writes
 * all that it used again, not only what it made.
 *
 * <p>After the first failure nothing more is written; {@link #finish} tells of it. Thread-safe.
 */
final class CacheWriter {
  private static final long INTERVAL_MILLIS = 500;
  private static final int ATTEMPTS = 6;
  private static final long SHORTEST_SETTLE_MILLIS = 30;
  private static final long LONGEST_SETTLE_MILLIS = 2000;

  private final CacheTo to;
  private final Backend backend;
  private final LayerOptions encoding;
  private final Optional<CacheReader> reader;
  private final ExecutorService threads;
  private final Clock clock;

  private final Map<Digest, CompletableFuture<CacheIndex.KeptLayer>> layers =
      new ConcurrentHashMap<>();
  private final Map<Digest, StepCache.LayerSource> sources = new ConcurrentHashMap<>();
  private final Set<Digest> broken = ConcurrentHashMap.newKeySet();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final List<CompletableFuture<?>> pending = new ArrayList<>();
  private final Map<String, StepKey> inputs = new LinkedHashMap<>();
  private final Map<String, CacheIndex.Step> steps = new HashMap<>();
  private final List<CacheIndex.KeptLayer> kept = new ArrayList<>();
  private final Map<String, CacheIndex.KeptMount> mounts = new HashMap<>();
  private CompletableFuture<?> flushing = CompletableFuture.completedFuture(null);
  private boolean dirty;
  private int sent;
  private long sentBytes;
  private Optional<BuildException> failure = Optional.empty();

  /**
   * @param encoding of the layers that are made for it
   * @param reader of the same place, if the build reads it too
   */
  CacheWriter(
      CacheTo to,
      Backend backend,
      LayerOptions encoding,
      Optional<CacheReader> reader,
      ExecutorService threads,
      Clock clock) {
    this.to = to;
    this.backend = backend;
    this.encoding = encoding;
    this.reader = reader;
    this.threads = threads;
    this.clock = clock;
  }

  CacheTo to() {
    return to;
  }

  String name() {
    return backend.name();
  }

  /** Takes up a step; returns at once. */
  synchronized void keep(
      List<StepKey> keys,
      StepResult result,
      boolean exported,
      Optional<StepCache.LayerSource> source) {
    if (failure.isPresent()) {
      return;
    }
    CacheIndex.Step step = new CacheIndex.Step(result, today());
    if (source.isEmpty() || (to.mode() == CacheTo.Mode.MIN && !exported)) {
      add(keys, step, Optional.empty());
      return;
    }
    Digest diffId = Digest.parse(result.diffId());
    sources.put(diffId, source.get());
    CompletableFuture<?> work =
        layers
            .computeIfAbsent(
                diffId, id -> CompletableFuture.supplyAsync(() -> layer(id, source.get()), threads))
            .handle((layer, problem) -> {
              if (problem == null) {
                add(keys, step, Optional.of(layer));
              } else {
                fail(problem);
              }
              return null;
            });
    pending.add(work);
  }

  private CacheIndex.KeptLayer layer(Digest diffId, StepCache.LayerSource source) {
    Optional<CacheIndex.KeptLayer> there =
        broken.contains(diffId)
            ? Optional.empty()
            : reader.flatMap(one -> one.index().layer(diffId, encoding));
    if (there.isPresent()) {
      return there.get();
    }
    CachedLayer made = source.get(encoding);
    try {
      backend.push(made.blob());
    } catch (IOException e) {
      throw new BuildException(ErrorCode.IO, String.valueOf(e.getMessage()), e);
    }
    synchronized (this) {
      sent++;
      sentBytes += made.blob().descriptor().size();
    }
    return new CacheIndex.KeptLayer(diffId, made.encoding(), made.blob().descriptor());
  }

  /** Drops layers that are listed in a cache and are not there. */
  synchronized void lose(Set<Digest> diffIds) {
    broken.addAll(diffIds);
    layers.keySet().removeAll(diffIds);
    sources.keySet().removeAll(diffIds);
    kept.removeIf(layer -> diffIds.contains(layer.diffId()));
    steps.values().removeIf(step -> diffIds.contains(Digest.parse(step.result().diffId())));
    // What failed for want of one of these layers will be made anew.
    failure = Optional.empty();
    pending.clear();
  }

  /** Takes up the content of a cache mount. */
  void keepMount(String id, KeptContent content) {
    try {
      backend.push(content.blob());
    } catch (IOException | BuildException e) {
      fail(e);
      return;
    }
    synchronized (this) {
      mounts.put(
          id, new CacheIndex.KeptMount(content.diffId(), content.blob().descriptor(), today()));
    }
  }

  synchronized void remember(String slot, StepKey key) {
    inputs.remove(slot);
    inputs.put(slot, key);
  }

  /**
   * The repository that has a layer, for a push of the image that may mount it; waits for a layer
   * that is on its way.
   */
  Optional<ImageReference> home(Digest diffId) {
    CompletableFuture<CacheIndex.KeptLayer> layer = layers.get(diffId);
    if (layer == null || backend.repository().isEmpty()) {
      return Optional.empty();
    }
    try {
      layer.join();
      return backend.repository();
    } catch (CompletionException e) {
      return Optional.empty();
    }
  }

  private synchronized void add(
      List<StepKey> keys, CacheIndex.Step step, Optional<CacheIndex.KeptLayer> layer) {
    keys.forEach(key -> steps.put(key.id(), step));
    layer.filter(one -> !kept.contains(one)).ifPresent(kept::add);
    dirty = true;
    if (flushing.isDone() && failure.isEmpty() && closing.getCount() > 0) {
      flushing = CompletableFuture.runAsync(this::flushWhileDirty, threads);
    }
  }

  private void flushWhileDirty() {
    try {
      while (takeDirty()) {
        if (reader.filter(one -> one.index().has(ours())).isEmpty()) {
          merge(false);
        }
        if (closing.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (IOException | RuntimeException e) {
      fail(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized boolean takeDirty() {
    boolean was = dirty && failure.isEmpty();
    dirty = false;
    return was;
  }

  private synchronized CacheIndex ours() {
    return new CacheIndex(steps, kept, mounts, Optional.empty());
  }

  private synchronized Map<String, StepKey> inputs() {
    return new LinkedHashMap<>(inputs);
  }

  private synchronized void fail(Throwable problem) {
    Throwable cause = problem.getCause();
    if (problem instanceof CompletionException && cause != null) {
      fail(cause);
      return;
    }
    if (failure.isEmpty()) {
      failure =
          Optional.of(
              problem instanceof BuildException known
                  ? known
                  : new BuildException(
                      ErrorCode.IO, String.valueOf(problem.getMessage()), problem));
    }
  }

  /**
   * Writes what is left, and makes sure that it stays.
   *
   * @param say receives what was written
   * @throws BuildException where the cache could not be written
   */
  void finish(Consumer<String> say) throws InterruptedException {
    try {
      for (CompletableFuture<?> work : pending()) {
        work.join();
      }
      closing.countDown();
      flushing().join();
      if (failure().isEmpty() && reader.filter(one -> one.index().has(ours())).isEmpty()) {
        settle();
      }
    } catch (IOException | RuntimeException e) {
      fail(e);
    }
    if (failure().isPresent()) {
      throw failure().get();
    }
    say.accept(summary());
  }

  private synchronized String summary() {
    return steps.size()
        + " steps, "
        + kept.size()
        + " layers; sent "
        + sent
        + " layers, "
        + sentBytes
        + " bytes";
  }

  private synchronized List<CompletableFuture<?>> pending() {
    return List.copyOf(pending);
  }

  private synchronized CompletableFuture<?> flushing() {
    return flushing;
  }

  private synchronized Optional<BuildException> failure() {
    return failure;
  }

  private void settle() throws IOException, InterruptedException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      long began = System.nanoTime();
      merge(true);
      // Whoever read before this write has written by the time that a write takes, twice over.
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
      Thread.sleep(Math.clamp(2 * took, SHORTEST_SETTLE_MILLIS, LONGEST_SETTLE_MILLIS));
      if (backend.read().map(Backend.Content::index).orElse(CacheIndex.EMPTY).has(ours())) {
        return;
      }
    }
  }

  private void merge(boolean last) throws IOException {
    backend.update(() -> {
      Optional<Backend.Content> content = backend.read();
      if (content.filter(there -> !there.cache()).isPresent()) {
        throw new BuildException(
            ErrorCode.USAGE,
            "the cache " + name() + " is not written: there is an image; choose another tag");
      }
      CacheIndex there =
          content.map(Backend.Content::index).orElse(CacheIndex.EMPTY).without(broken);
      CacheIndex ours = ours();
      if (!last && there.has(ours)) {
        return;
      }
      Descriptor about = last || there.inputs().isEmpty() ? explain(there) : there.inputs().get();
      CacheIndex all = there.plus(ours).trimmed(today());
      try {
        backend.write(CacheManifest.write(all, about));
      } catch (BuildException e) {
        if (!mended(all)) {
          throw e;
        }
        backend.write(CacheManifest.write(all.without(broken).plus(ours()), about));
      }
    });
  }

  /**
   * After the registry refused an index: looks for layers that are listed and gone, as after a
   * garbage collection that went wrong, and sends those again that this build has.
   *
   * @return whether there are any
   */
  private boolean mended(CacheIndex all) throws IOException {
    Set<Digest> gone = new HashSet<>();
    for (CacheIndex.KeptLayer layer : all.layers()) {
      if (!backend.has(layer.blob())) {
        gone.add(layer.diffId());
      }
    }
    Map<Digest, StepCache.LayerSource> ours = new HashMap<>(sources);
    ours.keySet().retainAll(gone);
    lose(gone);
    ours.forEach((diffId, source) -> sendAgain(all, diffId, source));
    return !gone.isEmpty();
  }

  private void sendAgain(CacheIndex all, Digest diffId, StepCache.LayerSource source) {
    CacheIndex.KeptLayer layer;
    try {
      layer = layer(diffId, source);
    } catch (BuildException e) {
      // It was to be had from that very cache. Then its steps are forgotten.
      return;
    }
    synchronized (this) {
      kept.add(layer);
      all.steps()
          .forEach((key, step) -> {
            if (step.result().diffId().equals(diffId.toString())) {
              steps.put(key, step);
            }
          });
    }
  }

  /** Adds this build's keys to those that are there. */
  private Descriptor explain(CacheIndex there) throws IOException {
    Blob blob = CacheInputs.merged(there.inputs().map(backend::blob), inputs());
    backend.push(blob);
    return blob.descriptor();
  }

  private LocalDate today() {
    return LocalDate.now(clock.withZone(ZoneOffset.UTC));
  }
}
