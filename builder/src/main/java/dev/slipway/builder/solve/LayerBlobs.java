package dev.slipway.builder.solve;

import dev.slipway.builder.cache.CachedLayer;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.layer.DirectoryReader;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.LayerBlob;
import dev.slipway.builder.layer.LayerOptions;
import dev.slipway.builder.layer.LayerWriter;
import dev.slipway.builder.layer.Times;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.store.ContentStore;
import dev.slipway.builder.store.StoredLayer;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/**
 * The compressed side of layers: each made at most once in a build and encoding, in the background,
 * and only when somebody asks. Thread-safe.
 */
final class LayerBlobs {
  private static final String BLOBS_OF = "blobs";

  private final ContentStore store;
  private final RegistryClient registry;
  private final LayerOptions options;
  private final Times times;
  private final EarlyUploads early;
  private final Executor background;
  private final Map<BlobKey, CompletableFuture<Blob>> blobs = new ConcurrentHashMap<>();
  private final Set<Digest> lost = ConcurrentHashMap.newKeySet();

  /**
   * @param options how layers of this build are compressed
   * @param times of files that steps write
   * @param early sends those of the image as they are made
   */
  LayerBlobs(
      ContentStore store,
      RegistryClient registry,
      LayerOptions options,
      Times times,
      EarlyUploads early,
      Executor background) {
    this.store = store;
    this.registry = registry;
    this.options = options;
    this.times = times;
    this.early = early;
    this.background = background;
  }

  /** How the layers of this build are compressed. */
  LayerOptions encoding() {
    return options;
  }

  /** Whether the content store has the blob of this build's encoding. */
  boolean stored(Digest diffId) {
    return storedBlob(new BlobKey(diffId, options)).isPresent();
  }

  /** Begins to make the blob of this build's encoding, which will be part of the image. */
  void start(Layer layer) {
    var _ = pending(layer, options, true);
  }

  /** Opens the blob of a layer in any encoding that there is. */
  InputStream open(Layer layer) throws IOException {
    return switch (layer.origin()) {
      case Layer.Origin.InRegistry remote ->
          registry.fetchBlob(remote.repository(), remote.descriptor());
      case Layer.Origin.InArchive archive -> archive.blob().open();
      case Layer.Origin.InCache(CachedLayer cached) -> watched(layer, cached).open();
      case Layer.Origin.InStore ignored ->
          storedBlob(new BlobKey(layer.diffId(), options))
              .orElseThrow(() -> gone(layer.diffId()))
              .open();
    };
  }

  /** The blob of a cache; where it cannot be read, its layer counts as lost. */
  private Blob watched(Layer layer, CachedLayer cached) {
    return new Blob() {
      @Override
      public Descriptor descriptor() {
        return cached.blob().descriptor();
      }

      @Override
      public InputStream open() throws IOException {
        try {
          return new Watched(layer, cached.blob().open());
        } catch (IOException | BuildException e) {
          lose(layer, e);
          throw e;
        }
      }
    };
  }

  private final class Watched extends FilterInputStream {
    private final Layer layer;

    Watched(Layer layer, InputStream in) {
      super(in);
      this.layer = layer;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        return super.read(bytes, offset, length);
      } catch (IOException | BuildException e) {
        lose(layer, e);
        throw e;
      }
    }
  }

  private void lose(Layer layer, Exception why) {
    boolean cancelled =
        Thread.currentThread().isInterrupted()
            || (why instanceof BuildException known && known.code() == ErrorCode.CANCELLED);
    if (!cancelled) {
      lost.add(layer.diffId());
    }
  }

  /** One layer may be wanted in several encodings. */
  private record BlobKey(Digest diffId, LayerOptions encoding) {
    /** The name of the record that says which blob it is. */
    String record() {
      return diffId + " " + encoding.compression() + " " + encoding.level();
    }
  }

  /** Layers that a cache remembered and that turned out to be nowhere. */
  Set<Digest> lost() {
    return Set.copyOf(lost);
  }

  /** The compressed bytes of a layer: those that it came with, or made here. */
  Blob get(Layer layer) {
    return get(layer, options, false);
  }

  /**
   * The compressed bytes of a layer.
   *
   * @param force whether a base image's own are made again where they are compressed another way
   */
  Blob get(Layer layer, LayerOptions wanted, boolean force) {
    return switch (layer.origin()) {
      case Layer.Origin.InRegistry remote ->
          asWanted(layer, registry.blob(remote.repository(), remote.descriptor()), wanted, force);
      case Layer.Origin.InArchive archive -> asWanted(layer, archive.blob(), wanted, force);
      case Layer.Origin.InCache ignored -> Layers.get(pending(layer, wanted, false));
      case Layer.Origin.InStore ignored -> Layers.get(pending(layer, wanted, false));
    };
  }

  /** The compressed bytes of a layer for a cache: such as there are, else made. */
  CachedLayer forCache(Layer layer, LayerOptions preferred) {
    return layer.origin() instanceof Layer.Origin.InCache(CachedLayer cached)
        ? cached
        : new CachedLayer(get(layer, preferred, false), preferred, Optional.empty());
  }

  private Blob asWanted(Layer layer, Blob own, LayerOptions wanted, boolean force) {
    boolean same =
        own.descriptor().mediaType().compression().filter(wanted.compression()::equals).isPresent();
    return !force || same || own.descriptor().mediaType().isForeignLayer()
        ? own
        : Layers.get(
            blobs.computeIfAbsent(
                new BlobKey(layer.diffId(), wanted),
                key -> CompletableFuture.supplyAsync(() -> recompressed(own, key), background)));
  }

  private CompletableFuture<Blob> pending(Layer layer, LayerOptions wanted, boolean exported) {
    BlobKey key = new BlobKey(layer.diffId(), wanted);
    return switch (layer.origin()) {
      case Layer.Origin.InCache(CachedLayer cached) when cached.encoding().equals(wanted) ->
          CompletableFuture.completedFuture(watched(layer, cached));
      case Layer.Origin.InCache(CachedLayer cached) ->
          blobs.computeIfAbsent(
              key,
              id ->
                  CompletableFuture.supplyAsync(
                      () ->
                          storedBlob(id).orElseGet(() -> recompressed(watched(layer, cached), id)),
                      background));
      case Layer.Origin.InStore ignored ->
          blobs.computeIfAbsent(
              key,
              id ->
                  storedBlob(id)
                      .map(CompletableFuture::completedFuture)
                      .orElseGet(() ->
                          CompletableFuture.supplyAsync(() -> compress(id, exported), background)));
      case Layer.Origin.InRegistry ignored ->
          CompletableFuture.completedFuture(get(layer, wanted, false));
      case Layer.Origin.InArchive ignored ->
          CompletableFuture.completedFuture(get(layer, wanted, false));
    };
  }

  private Blob compress(BlobKey key, boolean exported) {
    Optional<StoredLayer> stored = store.layer(key.diffId());
    if (stored.isEmpty()) {
      // A COPY that no step reads is kept as a blob only.
      return recompressed(
          storedBlob(new BlobKey(key.diffId(), options)).orElseThrow(() -> gone(key.diffId())),
          key);
    }
    Path directory = stored.get().directory();
    try (Dir dir = Dir.open(directory)) {
      LayerBlob blob =
          keep(
              key.encoding(),
              exported,
              out ->
                  LayerWriter.write(
                      times.applyTo(DirectoryReader.entries(dir, Layers.FORMAT)),
                      key.encoding(),
                      List.of(out)));
      if (!blob.diffId().equals(key.diffId())) {
        throw new BuildException(
            ErrorCode.DIGEST_MISMATCH,
            "the files of layer " + key.diffId() + " in " + directory + " have changed");
      }
      return storedBlob(key).orElseThrow();
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    }
  }

  private Blob recompressed(Blob own, BlobKey key) {
    try (InputStream in = own.open()) {
      keep(
          key.encoding(),
          false,
          out -> LayerWriter.recompress(in, key.diffId(), key.encoding(), List.of(out)));
      return storedBlob(key).orElseThrow();
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    }
  }

  private BuildException gone(Digest diffId) {
    lost.add(diffId);
    return new BuildException(
        ErrorCode.IO, "the layer " + diffId + " is remembered, but gone from " + store.root());
  }

  /** Writes the blob of a layer. */
  private interface BlobWriter {
    LayerBlob writeTo(OutputStream out) throws IOException;
  }

  /** Writes entries of the image as a blob in the encoding of this build. */
  LayerBlob write(Entries entries) throws IOException {
    return keep(options, true, out -> LayerWriter.write(entries, options, List.of(out)));
  }

  private LayerBlob keep(LayerOptions encoding, boolean exported, BlobWriter writer)
      throws IOException {
    Path folder = store.newScratch("blob");
    try {
      Path file = folder.resolve("blob");
      LayerBlob blob;
      if (exported) {
        try (EarlyUploads.Growing out = early.file(file)) {
          blob = writer.writeTo(out);
          out.complete(blob.digest());
        }
      } else {
        try (OutputStream out = Files.newOutputStream(file)) {
          blob = writer.writeTo(out);
        }
      }
      store.addBlob(blob.digest(), file);
      String record = blob.digest() + " " + blob.size() + " " + blob.mediaType();
      store.putRecord(
          BLOBS_OF,
          new BlobKey(blob.diffId(), encoding).record(),
          record.getBytes(StandardCharsets.UTF_8));
      return blob;
    } finally {
      store.delete(folder);
    }
  }

  private Optional<Blob> storedBlob(BlobKey key) {
    return store
        .record(BLOBS_OF, key.record())
        .flatMap(bytes -> {
          String[] parts = new String(bytes, StandardCharsets.UTF_8).split(" ", -1);
          Digest digest = Digest.parse(parts[0]);
          Descriptor descriptor =
              new Descriptor(
                  dev.slipway.builder.image.MediaType.parse(parts[2]),
                  digest,
                  Long.parseLong(parts[1]));
          return store.blob(digest).map(file -> Blob.of(descriptor, file));
        });
  }
}
