package dev.slipway.builder.solve;

import dev.slipway.builder.copy.Lookup;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.layer.DirectoryFormat;
import dev.slipway.builder.layer.DirectoryReader;
import dev.slipway.builder.layer.DirectoryWriter;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.LayerBlob;
import dev.slipway.builder.layer.LayerOptions;
import dev.slipway.builder.layer.LayerWriter;
import dev.slipway.builder.layer.SkeletonReader;
import dev.slipway.builder.layer.Times;
import dev.slipway.builder.layer.Unpacked;
import dev.slipway.builder.layer.Unpacker;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.linux.Xattrs;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.store.ContentStore;
import dev.slipway.builder.store.StoredLayer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Where layers become directories and blobs, each at most once in a build, side by side, and only
 * when asked for. Thread-safe.
 */
final class Layers {
  /** Far above any real layer; a decompression bomb ends here, not when the disk is full. */
  static final long LARGEST_LAYER = 1L << 40;

  private static final int ROOT_MODE = 0755;
  static final DirectoryFormat FORMAT = DirectoryFormat.OVERLAY_USERXATTR;

  private final ContentStore store;
  private final Times times;
  private final Executor background;
  private final Map<Digest, CompletableFuture<StoredLayer>> directories = new ConcurrentHashMap<>();
  private final Skeletons skeletons;
  private final LayerBlobs blobs;

  /**
   * @param options how layers of this build are compressed
   * @param times of files that steps write
   * @param early sends layers of the image as they are made
   * @param background runs downloads, unpacking and compression
   */
  Layers(
      ContentStore store,
      RegistryClient registry,
      LayerOptions options,
      Times times,
      EarlyUploads early,
      Executor background) {
    this.store = store;
    this.times = times;
    this.background = background;
    this.blobs = new LayerBlobs(store, registry, options, times, early, background);
    this.skeletons = new Skeletons(store, blobs::open, directories::get, background);
  }

  /** The compressed side of the layers. */
  LayerBlobs blobs() {
    return blobs;
  }

  Scratch scratch() {
    Path path = store.newScratch("step");
    return new Scratch(path, () -> store.delete(path));
  }

  /** The directories of {@code layers}, bottom first, unpacked side by side where need be. */
  List<Path> directories(List<Layer> layers) {
    List<CompletableFuture<StoredLayer>> wanted = layers.stream().map(this::unpacked).toList();
    List<Path> paths = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      StoredLayer layer = get(wanted.get(i));
      paths.add(
          layer.impliedDirectories().isEmpty()
              ? layer.directory()
              : withParents(layer, layers.subList(0, i + 1), paths));
    }
    return paths;
  }

  /** What an overlay of {@code layers} would answer, if that can be told without unpacking them. */
  Optional<Lookup> lookup(List<Layer> layers) {
    return skeletons.lookup(layers);
  }

  /**
   * Begins what {@link #directories} or {@link #lookup} would wait for.
   *
   * @param asFiles the former
   */
  void expect(List<Layer> layers, boolean asFiles) {
    if (asFiles) {
      for (Layer layer : layers) {
        var _ = unpacked(layer);
      }
    } else {
      skeletons.expect(layers);
    }
  }

  /** Whether the content store has a remembered layer. */
  boolean available(Digest diffId) {
    return store.layer(diffId).isPresent() || blobs.stored(diffId);
  }

  /** Begins to make the blob of a layer that the result will need. */
  void prepare(Layer layer, boolean exported) {
    if (exported) {
      blobs.start(layer);
    }
  }

  /**
   * Takes the changes of a step as a layer.
   *
   * @param upper the upper directory of its overlay, under {@link #scratch}; moved away
   */
  Layer adopt(Path upper, boolean exported) throws IOException {
    Digest diffId;
    try (Dir dir = Dir.open(upper)) {
      diffId = digestOf(settled(DirectoryReader.entries(dir, FORMAT), dir));
    }
    StoredLayer stored = store.addLayer(diffId, upper, List.of());
    directories.put(diffId, CompletableFuture.completedFuture(stored));
    Layer layer = new Layer(diffId, new Layer.Origin.InStore());
    prepare(layer, exported);
    return layer;
  }

  /**
   * Makes a layer of entries.
   *
   * @param mounted whether a later step will read it as files; else it only becomes a blob
   */
  Layer write(Entries all, boolean exported, boolean mounted) throws IOException {
    // The root is never part of a layer's changes; its attributes are those of the base.
    Entries entries = all.filter(entry -> !entry.path().isEmpty());
    if (exported && !mounted) {
      LayerBlob blob = blobs.write(entries);
      return new Layer(blob.diffId(), new Layer.Origin.InStore());
    }
    Path target = newLayer("copy");
    try {
      Digest diffId;
      try (Dir dir = Dir.open(target)) {
        if (!isWhole(DirectoryWriter.write(entries, dir, FORMAT))) {
          // The layer is what was asked for, whatever of it can be shown to steps here.
          LayerBlob blob = blobs.write(entries);
          return new Layer(blob.diffId(), new Layer.Origin.InStore());
        }
        // Of the directory, not of the entries: compress() reads the one, and the files of an
        // archive come in the archive's order, not in that of a directory.
        diffId = digestOf(times.applyTo(DirectoryReader.entries(dir, FORMAT)));
      }
      StoredLayer stored = store.addLayer(diffId, target, List.of());
      directories.put(diffId, CompletableFuture.completedFuture(stored));
      if (exported) {
        prepare(new Layer(diffId, new Layer.Origin.InStore()), true);
      }
      return new Layer(diffId, new Layer.Origin.InStore());
    } finally {
      store.delete(target);
    }
  }

  /** Whether a directory holds all that was written: where one id is mapped, not the owners. */
  private static boolean isWhole(Unpacked written) {
    return written.unowned() == 0
        && written.skippedDevices().isEmpty()
        && written.lostXattrs().isEmpty();
  }

  private CompletableFuture<StoredLayer> unpacked(Layer layer) {
    return directories.computeIfAbsent(
        layer.diffId(),
        id ->
            store
                .layer(id)
                .map(CompletableFuture::completedFuture)
                .orElseGet(() -> CompletableFuture.supplyAsync(() -> unpack(layer), background)));
  }

  private StoredLayer unpack(Layer layer) {
    Path target = newLayer("unpack");
    try (InputStream in = blobs.open(layer);
        Dir dir = Dir.open(target)) {
      SkeletonReader skeleton = new SkeletonReader();
      Unpacked done =
          Unpacker.unpack(in, layer.diffId(), dir, FORMAT, LARGEST_LAYER, skeleton::add);
      StoredLayer stored = store.addLayer(layer.diffId(), target, done.impliedDirectories());
      skeleton.skeleton().ifPresent(found -> skeletons.keep(layer, found));
      return stored;
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    } finally {
      store.delete(target);
    }
  }

  /**
   * A copy of a layer's directory for this stack, because a layer that has no entry for a directory
   * takes that directory's attributes from the layers below it.
   */
  private Path withParents(StoredLayer layer, List<Layer> stack, List<Path> below) {
    Digest chain =
        Digest.sha256(
            stack.stream()
                .map(one -> one.diffId().toString())
                .reduce("stack", (all, id) -> all + " " + id)
                .getBytes(StandardCharsets.UTF_8));
    CompletableFuture<StoredLayer> made =
        directories.computeIfAbsent(
            chain,
            id ->
                store
                    .layer(id)
                    .map(CompletableFuture::completedFuture)
                    .orElseGet(() -> CompletableFuture.completedFuture(stacked(id, layer, below))));
    return get(made).directory();
  }

  private StoredLayer stacked(Digest chain, StoredLayer layer, List<Path> below) {
    Path target = newLayer("stack");
    try (Dir from = Dir.open(layer.directory());
        Dir to = Dir.open(target)) {
      DirectoryWriter.write(DirectoryReader.entries(from, FORMAT), to, FORMAT);
      for (String path : layer.impliedDirectories()) {
        takeAttributes(path, below, to);
      }
      return store.addLayer(chain, target, List.of());
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    } finally {
      store.delete(target);
    }
  }

  private static void takeAttributes(String path, List<Path> below, Dir to) throws IOException {
    for (Path lower : below.reversed()) {
      try (Dir dir = Dir.open(lower)) {
        Stat stat = dir.find(path);
        if (stat != null && stat.isDirectory()) {
          to.chown(path, stat.uid(), stat.gid());
          to.chmod(path, stat.mode() & 07777);
          Xattrs xattrs = dir.xattrs(path);
          for (String name : xattrs.names()) {
            byte[] value = xattrs.get(name);
            if (value != null && !name.startsWith("user.overlay.")) {
              to.setXattr(path, name, value);
            }
          }
          return;
        }
      }
    }
  }

  /** A directory for a layer's files. In an overlay its mode would become that of the root. */
  private Path newLayer(String purpose) {
    Path target = store.newScratch(purpose);
    try (Dir dir = Dir.open(target)) {
      dir.chmod("", ROOT_MODE);
      return target;
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    }
  }

  /**
   * The entries as the layer records them. Their files get the same times on the way, so that later
   * steps see what a pull would.
   */
  private Entries settled(Entries entries, Dir dir) {
    if (times.equals(Times.KEEP)) {
      return entries;
    }
    Entries settling =
        visitor ->
            entries.forEach(entry -> {
              if (entry instanceof dev.slipway.builder.layer.Entry.Node node) {
                Attributes attributes = node.attributes();
                long settled = times.of(attributes.mtime());
                if (settled != attributes.mtime()) {
                  dir.setTimes(entry.path(), settled, 0);
                }
              }
              visitor.visit(entry);
            });
    return times.applyTo(settling);
  }

  private static Digest digestOf(Entries entries) throws IOException {
    return LayerWriter.write(entries, LayerOptions.of(Compression.NONE), List.of()).diffId();
  }

  static <T> T get(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof BuildException known) {
        throw known;
      }
      throw StageBuilder.unexpected(e.getCause() == null ? e : e.getCause());
    }
  }

  /** A future that runs on a thread of the background. */
  <T> CompletableFuture<T> async(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, background);
  }

  /** Makes sure that a step can start in {@code path}, as container runtimes do. */
  void ensureDirectory(dev.slipway.builder.sandbox.Rootfs rootfs, String path) {
    try {
      rootfs.dir().mkdirs(path, 0755);
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.CONTEXT_INVALID,
          "the working directory " + path + " cannot be made: " + e.getMessage(),
          e);
    }
  }
}
