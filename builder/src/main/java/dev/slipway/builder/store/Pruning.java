package dev.slipway.builder.store;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Stat;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What a store holds, and making it smaller: what was not used longest goes first. */
public final class Pruning {
  private final Path root;

  Pruning(Path root) {
    this.root = root;
  }

  /**
   * How much of one kind there is.
   *
   * @param bytes on disk
   * @param reclaimable bytes that no running build claims
   */
  public record Usage(Kind kind, int count, long bytes, long reclaimable) {}

  /**
   * What to delete.
   *
   * @param keepBytes stop once the store is this small; empty means delete all that may go
   * @param unusedFor only what was not used for so long; zero means any
   * @param images whether images that have a name may go too
   */
  public record Policy(Optional<Long> keepBytes, Duration unusedFor, boolean images) {
    /** All that a build makes for the next. */
    public static final Policy CACHE = new Policy(Optional.empty(), Duration.ZERO, false);
  }

  /**
   * What was deleted.
   *
   * @param bytes that became free
   * @param left bytes that the store still holds
   */
  public record Pruned(int count, long bytes, long left) {}

  /** One thing in the store: deleted whole or not at all. */
  private record Item(Kind kind, Path path, Instant used, long bytes) {}

  /** Adds it all up. */
  public List<Usage> usage() {
    try {
      Instant claimed = Lease.oldest(root);
      Map<Kind, List<Item>> items = new EnumMap<>(Kind.class);
      for (Item item : items()) {
        items.computeIfAbsent(item.kind(), kind -> new ArrayList<>()).add(item);
      }
      List<Usage> usage = new ArrayList<>();
      for (Kind kind : Kind.values()) {
        List<Item> of = items.getOrDefault(kind, List.of());
        usage.add(
            new Usage(
                kind,
                count(kind, of),
                sum(of, item -> true),
                sum(of, item -> item.used().isBefore(claimed))));
      }
      return usage;
    } catch (IOException e) {
      throw ContentStore.failure("measuring the content store " + root, e);
    }
  }

  /** Deletes, oldest use first. What cannot be deleted is skipped: pruning never fails a build. */
  public Pruned prune(Policy policy) {
    try {
      Instant claimed = Lease.oldest(root);
      Instant limit = Instant.now().minus(policy.unusedFor());
      Instant before = limit.isBefore(claimed) ? limit : claimed;
      List<Item> items = items();
      long total = sum(items, item -> true);
      long freed = 0;
      int count = 0;
      items.sort(Comparator.comparing(Item::used));
      for (Item item : items) {
        long left = total - freed;
        if (policy.keepBytes().filter(keep -> left <= keep).isPresent()) {
          break;
        }
        boolean spared = item.kind() == Kind.IMAGES && !policy.images();
        if (!spared && item.used().isBefore(before) && delete(item, before)) {
          freed += item.bytes();
          count++;
        }
      }
      return new Pruned(count, freed, total - freed);
    } catch (IOException e) {
      throw ContentStore.failure("pruning the content store " + root, e);
    }
  }

  /**
   * Deletes the unfinished work of builds that are no more. What cannot be deleted is left for the
   * next time.
   */
  void sweep() throws IOException {
    Instant claimed = Lease.oldest(root);
    try (Stream<Path> leftovers = Files.list(root.resolve(Kind.SCRATCH.folder()))) {
      for (Path path : (Iterable<Path>) leftovers::iterator) {
        if (Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS)
            .toInstant()
            .isBefore(claimed)) {
          delete(new Item(Kind.SCRATCH, path, Instant.EPOCH, 0), claimed);
        }
      }
    } catch (NoSuchFileException e) {
      // Another build clears up at the same time.
      return;
    }
  }

  /** How many images, not of how many parts. */
  private int count(Kind kind, List<Item> items) {
    Path names = root.resolve(Kind.IMAGES.folder());
    return kind == Kind.IMAGES
        ? (int) items.stream().filter(item -> names.equals(item.path().getParent())).count()
        : items.size();
  }

  private static long sum(List<Item> items, Predicate<Item> which) {
    return items.stream().filter(which).mapToLong(Item::bytes).sum();
  }

  private List<Item> items() throws IOException {
    List<Item> items = new ArrayList<>();
    Set<Path> named = new NamedImages(root).blobs();
    for (Kind kind : Kind.values()) {
      int depth =
          switch (kind) {
            case BLOBS -> 2;
            case RECORDS -> 3;
            case IMAGES, LAYERS, CACHE_MOUNTS, SCRATCH -> 1;
          };
      collect(kind, root.resolve(kind.folder()), depth, items);
    }
    items.replaceAll(item ->
        named.contains(item.path())
            ? new Item(Kind.IMAGES, item.path(), item.used(), item.bytes())
            : item);
    return items;
  }

  /** What goes away meanwhile was deleted by another, and is not there to be deleted. */
  private static void collect(Kind kind, Path folder, int depth, List<Item> items)
      throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path path : entries) {
        if (depth == 1) {
          items.add(item(kind, path));
        } else {
          collect(kind, path, depth - 1, items);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return;
    }
  }

  private static Item item(Kind kind, Path path) throws IOException {
    return new Item(kind, path, lastUse(kind, path), bytes(kind, path));
  }

  /** Long ago where it is not whole. */
  private static Instant lastUse(Kind kind, Path path) {
    Path marker =
        switch (kind) {
          case LAYERS -> path.resolve("layer.json");
          case CACHE_MOUNTS -> path.resolve("lock");
          case IMAGES, BLOBS, RECORDS, SCRATCH -> path;
        };
    try {
      return Files.getLastModifiedTime(marker, LinkOption.NOFOLLOW_LINKS).toInstant();
    } catch (IOException e) {
      return Instant.EPOCH;
    }
  }

  /** A layer never changes: its files are counted once, and not again after every build. */
  private static long bytes(Kind kind, Path path) throws IOException {
    Path known = path.resolve("size");
    if (kind == Kind.LAYERS) {
      try {
        return Long.parseLong(Files.readString(known));
      } catch (IOException | NumberFormatException e) {
        // Nobody counted yet, or was interrupted while he wrote it down.
      }
    }
    long bytes;
    try (Dir parent = Dir.open(path.resolveSibling(""))) {
      bytes = size(parent, path.getFileName().toString());
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT) {
        return 0;
      }
      throw e;
    }
    if (kind == Kind.LAYERS) {
      try {
        Files.writeString(known, Long.toString(bytes));
      } catch (IOException e) {
        return bytes; // the disk is full, or the layer gone: count again next time
      }
    }
    return bytes;
  }

  private static long size(Dir parent, String name) throws LinuxException {
    Stat stat = parent.find(name);
    if (stat == null) {
      return 0;
    }
    long bytes = stat.blocks() * 512;
    if (stat.type() == FileType.DIRECTORY) {
      try (Dir dir = parent.openDirNoFollow(name)) {
        for (var entry : dir.list()) {
          bytes += size(dir, entry.name());
        }
      }
    }
    return bytes;
  }

  /**
   * Renames first: what is half deleted must not look whole under its name. A build that began to
   * use it since it was listed keeps it.
   */
  private boolean delete(Item item, Instant before) {
    if (!lastUse(item.kind(), item.path()).isBefore(before)) {
      return false;
    }
    Path grave = root.resolve(Kind.SCRATCH.folder()).resolve("pruned-" + UUID.randomUUID());
    try {
      Files.move(item.path(), grave, StandardCopyOption.ATOMIC_MOVE);
      if (!lastUse(item.kind(), grave).isBefore(before)) {
        Files.move(grave, item.path(), StandardCopyOption.ATOMIC_MOVE);
        return false;
      }
    } catch (IOException e) {
      return false;
    }
    try (Dir parent = Dir.open(grave.resolveSibling(""))) {
      parent.deleteRecursively(grave.getFileName().toString());
      return true;
    } catch (LinuxException e) {
      return false;
    }
  }
}
