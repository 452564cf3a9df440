package dev.slipway.builder.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.json.JsonText;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.LinuxException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;

/**
 * The store of one machine, or of one builder pod. Thread-safe, and safe for several processes.
 *
 * <p>Every use of an object marks it as used now; {@link Pruning} deletes what was not used longest
 * ago, and never what a running build may still need.
 */
public final class ContentStore implements AutoCloseable {
  private static final String FILES = "fs";
  private static final String META = "layer.json";
  private static final int CHECKSUM = Long.BYTES;

  private final Path root;
  private final Lease lease;
  private final AtomicBoolean grown = new AtomicBoolean();

  private ContentStore(Path root, Lease lease) {
    this.root = root;
    this.lease = lease;
  }

  /**
   * Opens a store, making it if there is none, and clears what killed builds left unfinished.
   *
   * @throws BuildException IO or DISK_FULL where the directory cannot be used
   */
  public static ContentStore open(Path root) {
    try {
      for (Kind kind : Kind.values()) {
        Files.createDirectories(root.resolve(kind.folder()));
      }
      ContentStore store = new ContentStore(root, Lease.take(root));
      store.pruning().sweep();
      return store;
    } catch (IOException e) {
      throw failure("opening the content store " + root, e);
    }
  }

  public Path root() {
    return root;
  }

  /** The file that holds a blob, if it is here. */
  public Optional<Path> blob(Digest digest) {
    Path file = blobPath(digest);
    return Files.exists(file) ? Optional.of(used(file)) : Optional.empty();
  }

  /**
   * Moves a finished file into the store.
   *
   * @param file under {@link #newScratch}; its bytes hash to {@code digest}
   */
  public Path addBlob(Digest digest, Path file) {
    Path target = blobPath(digest);
    try {
      Files.createDirectories(target.getParent());
      Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
      grown.set(true);
      return target;
    } catch (IOException e) {
      throw failure("keeping the blob " + digest, e);
    }
  }

  /** An unpacked layer, if it is here. */
  public Optional<StoredLayer> layer(Digest diffId) {
    Path home = layerPath(diffId);
    try {
      byte[] meta = Files.readAllBytes(home.resolve(META));
      List<String> implied = new ArrayList<>();
      JsonText.read(meta).forEach(name -> implied.add(name.asText()));
      used(home.resolve(META));
      return Optional.of(new StoredLayer(home.resolve(FILES), implied));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      // Unreadable is as good as absent: the layer is unpacked again under another name first.
      return Optional.empty();
    }
  }

  /**
   * Moves a directory into the store as the files of a layer. Where another build was faster, its
   * directory is taken and this one deleted.
   *
   * @param directory under {@link #newScratch}, complete
   */
  public StoredLayer addLayer(Digest diffId, Path directory, List<String> impliedDirectories) {
    Path home = layerPath(diffId);
    Path staging = newScratch("layer");
    grown.set(true);
    try {
      Files.move(directory, staging.resolve(FILES), StandardCopyOption.ATOMIC_MOVE);
      Files.write(staging.resolve(META), bytes(impliedDirectories));
      try {
        Files.move(staging, home, StandardCopyOption.ATOMIC_MOVE);
      } catch (FileAlreadyExistsException | java.nio.file.DirectoryNotEmptyException e) {
        delete(staging);
      } catch (java.nio.file.FileSystemException e) {
        // rename(2) of a directory onto a filled one says ENOTEMPTY or EEXIST in words of its own.
        if (!Files.exists(home.resolve(META))) {
          throw e;
        }
        delete(staging);
      }
    } catch (IOException e) {
      throw failure("keeping the layer " + diffId, e);
    }
    return layer(diffId)
        .orElseThrow(() ->
            new BuildException(
                ErrorCode.IO,
                "the layer " + diffId + " is gone from " + root + " right after it was kept"));
  }

  private static byte[] bytes(List<String> names) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    names.forEach(all::add);
    return JsonText.text(all).getBytes(StandardCharsets.UTF_8);
  }

  /**
   * A small record. Any failure to read it is "there is none", and so is a record that is not as it
   * was written: a disk that failed, or a machine that lost power, must not fail a build.
   */
  public Optional<byte[]> record(String namespace, String key) {
    Path file = recordPath(namespace, key);
    try {
      byte[] bytes = Files.readAllBytes(file);
      if (bytes.length < CHECKSUM) {
        return Optional.empty();
      }
      byte[] content = Arrays.copyOfRange(bytes, CHECKSUM, bytes.length);
      if (!Arrays.equals(bytes, 0, CHECKSUM, checksum(content), 0, CHECKSUM)) {
        return Optional.empty();
      }
      used(file);
      return Optional.of(content);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Writes a small record, replacing what was there at once. */
  public void putRecord(String namespace, String key, byte[] content) {
    Path file = recordPath(namespace, key);
    Path temporary = root.resolve(Kind.SCRATCH.folder()).resolve("record-" + UUID.randomUUID());
    try {
      Files.createDirectories(file.getParent());
      try (OutputStream out = Files.newOutputStream(temporary)) {
        out.write(checksum(content));
        out.write(content);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw failure("writing the record " + file, e);
    }
  }

  /** Against failing disks, not against people; SHA-256 is slow in a JVM that has just started. */
  private static byte[] checksum(byte[] content) {
    CRC32C checksum = new CRC32C();
    checksum.update(content);
    return ByteBuffer.allocate(CHECKSUM).putLong(checksum.getValue()).array();
  }

  /** Forgets a record. */
  public void removeRecord(String namespace, String key) {
    try {
      Files.deleteIfExists(recordPath(namespace, key));
    } catch (IOException e) {
      throw failure("removing the record " + key, e);
    }
  }

  /** What an image that has a name is, as {@link #putImage} was told; empty where none has it. */
  public Optional<String> image(String name) {
    NamedImages images = new NamedImages(root);
    Optional<String> what = images.find(name);
    what.ifPresent(there -> used(images.file(name)));
    return what;
  }

  /**
   * Names an image. It stays until somebody prunes images, or gives another the name.
   *
   * @param what one line that says which image it is
   * @param blobs all that it is made of, which are here
   */
  public void putImage(String name, String what, List<Digest> blobs) {
    try {
      new NamedImages(root).put(name, what, blobs);
    } catch (IOException e) {
      throw failure("naming the image " + name, e);
    }
  }

  /** An empty directory for work in progress, on the same file system as everything else here. */
  public Path newScratch(String purpose) {
    try {
      return Files.createTempDirectory(root.resolve(Kind.SCRATCH.folder()), purpose + "-");
    } catch (IOException e) {
      throw failure("making a scratch directory under " + root, e);
    }
  }

  /** Deletes a scratch directory with everything in it. Never fails: leftovers are pruned later. */
  public void delete(Path scratch) {
    try (Dir parent = Dir.open(scratch.resolveSibling(""))) {
      parent.deleteRecursively(scratch.getFileName().toString());
    } catch (LinuxException e) {
      // A mount that is still being torn down keeps its mount point busy; prune comes back for it.
    }
  }

  /** The cache mounts of this store. */
  public CacheMounts cacheMounts() {
    return new CacheMounts(root.resolve(Kind.CACHE_MOUNTS.folder()));
  }

  /** What the store holds, and how to make it smaller. */
  public Pruning pruning() {
    return new Pruning(root);
  }

  /**
   * Makes the store as small as {@code limit} says, the longest unused first. What this build and
   * others that run have used stays, also where that is more. Nearly free where little was added.
   *
   * @throws BuildException IO where the store cannot be read
   */
  public Pruning.Pruned keepWithin(StoreLimit limit) {
    try {
      LastCount last = new LastCount(root);
      OptionalLong bytes = limit.bytes(last.diskSize());
      if (bytes.isEmpty() || last.isWithin(bytes.getAsLong(), grown.get())) {
        return new Pruning.Pruned(0, 0, 0);
      }
      Pruning.Policy policy =
          new Pruning.Policy(Optional.of(bytes.getAsLong()), Duration.ZERO, false);
      Pruning.Pruned pruned = pruning().prune(policy);
      last.write(pruned.left());
      grown.set(false);
      return pruned;
    } catch (IOException e) {
      throw failure("keeping the content store " + root + " small", e);
    }
  }

  /** Ends this build's claim on what it used. */
  @Override
  public void close() {
    lease.close();
  }

  private Path blobPath(Digest digest) {
    return root.resolve(Kind.BLOBS.folder()).resolve(digest.algorithm()).resolve(digest.hex());
  }

  private Path layerPath(Digest diffId) {
    return root.resolve(Kind.LAYERS.folder()).resolve(diffId.hex());
  }

  private Path recordPath(String namespace, String key) {
    // Keys are free text; their hash is a safe file name, and the first byte spreads them.
    String name =
        HexFormat.of().formatHex(Digest.newSha256().digest(key.getBytes(StandardCharsets.UTF_8)));
    return root.resolve(Kind.RECORDS.folder())
        .resolve(namespace)
        .resolve(name.substring(0, 2))
        .resolve(name);
  }

  private static Path used(Path path) {
    try {
      Files.setLastModifiedTime(path, FileTime.from(Instant.now()));
    } catch (IOException e) {
      // Another build pruned it this instant, or the store is read-only: both show when it is read.
      return path;
    }
    return path;
  }

  /** The failure for a read or write that went wrong. */
  public static BuildException failure(String action, IOException e) {
    if (isFull(e)) {
      return full(action, e);
    }
    String message = String.valueOf(e.getMessage());
    if (e instanceof JsonProcessingException) {
      return new BuildException(ErrorCode.INTERNAL, action + ": " + message, e);
    }
    return new BuildException(ErrorCode.IO, action + ": " + message, e);
  }

  /** Whether a write failed because there is no room, whoever wrote and however that was told. */
  public static boolean isFull(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      boolean said = message.contains("No space left") || message.contains("Disk quota");
      boolean numbered =
          cause instanceof LinuxException linux
              && (linux.errno() == Errno.ENOSPC || linux.errno() == Errno.EDQUOT);
      if (said || numbered) {
        return true;
      }
    }
    return false;
  }

  private static BuildException full(String action, IOException e) {
    return new BuildException(
        ErrorCode.DISK_FULL,
        action
            + ": the disk is full; give the builder more space, or free some with `slipway prune`",
        e);
  }
}
