package dev.slipway.builder.solve;

import dev.slipway.builder.cache.BuildCache;
import dev.slipway.builder.cache.KeptContent;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.layer.DirectoryFormat;
import dev.slipway.builder.layer.DirectoryReader;
import dev.slipway.builder.layer.LayerBlob;
import dev.slipway.builder.layer.LayerOptions;
import dev.slipway.builder.layer.LayerWriter;
import dev.slipway.builder.layer.Unpacker;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.report.Reporter;
import dev.slipway.builder.store.CacheMounts;
import dev.slipway.builder.store.ContentStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Cache mounts that come from a cache and go back into it, for builders whose store does not
 * outlive them. Thread-safe. What goes wrong is told and does not matter: a cache mount may always
 * be empty.
 */
final class KeptMounts {
  private static final LayerOptions ENCODING = LayerOptions.of(Compression.ZSTD);

  private final BuildCache cache;
  private final ContentStore store;
  private final Reporter reporter;
  private final Set<String> used = new ConcurrentSkipListSet<>();

  KeptMounts(BuildCache cache, ContentStore store, Reporter reporter) {
    this.cache = cache;
    this.store = store;
    this.reporter = reporter;
  }

  /**
   * Fills a fresh cache mount with what a cache has for it.
   *
   * @param directory empty
   * @return whether there was something
   */
  boolean fill(String id, Path directory) {
    Optional<KeptContent> content = cache.mount(id);
    if (content.isEmpty()) {
      return false;
    }
    Path scratch = store.newScratch("mount");
    try (InputStream in = content.get().blob().open()) {
      try (Dir dir = Dir.open(scratch)) {
        Unpacker.unpack(
            in, content.get().diffId(), dir, DirectoryFormat.PLAIN, Layers.LARGEST_LAYER);
      }
      Files.delete(directory);
      Files.move(scratch, directory, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (IOException | BuildException e) {
      reporter.warning("the cache mount " + id + " starts empty: " + e.getMessage());
      return false;
    } finally {
      store.delete(scratch);
    }
  }

  /** A step has the mount, and may change it. */
  void used(String id) {
    used.add(id);
  }

  /** Hands the mounts that steps had to the caches that keep mounts. */
  void save() {
    if (!cache.keepsMounts()) {
      return;
    }
    for (String id : used) {
      Reporter.Running step = reporter.start(Optional.empty(), "keeping the cache mount " + id);
      try {
        if (save(id)) {
          step.done();
        } else {
          step.note("another build has it for itself");
          step.cancelled();
        }
      } catch (IOException | BuildException e) {
        reporter.warning("the cache mount " + id + " is not kept: " + e.getMessage());
        step.done();
      }
    }
  }

  private boolean save(String id) throws IOException {
    Optional<CacheMounts.Held> held = store.cacheMounts().look(id);
    if (held.isEmpty()) {
      return false;
    }
    Path scratch = store.newScratch("mount");
    try (CacheMounts.Held mount = held.get();
        Dir dir = Dir.open(mount.directory())) {
      Path file = scratch.resolve("blob");
      LayerBlob blob;
      try (OutputStream out = Files.newOutputStream(file)) {
        blob =
            LayerWriter.write(
                DirectoryReader.entries(dir, DirectoryFormat.PLAIN), ENCODING, List.of(out));
      }
      Descriptor descriptor = new Descriptor(blob.mediaType(), blob.digest(), blob.size());
      cache.keepMount(id, new KeptContent(blob.diffId(), Blob.of(descriptor, file)));
      return true;
    } finally {
      store.delete(scratch);
    }
  }
}
