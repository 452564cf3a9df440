package dev.slipway.builder.copy;

import dev.slipway.builder.linux.Stat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the hashes of files that are too large to be hashed again, for the life of this object:
 * by device, inode, size, mtime and ctime. Every write to a file changes its ctime, which no
 * program can set. Safe for use by several threads.
 */
public final class FileHashes {
  private final Map<Key, Sha256> known = new ConcurrentHashMap<>();

  private record Key(
      long dev, long ino, long size, long mtime, int mnanos, long ctime, int cnanos) {
    static Key of(Stat s) {
      return new Key(
          s.dev(),
          s.ino(),
          s.size(),
          s.mtimeSeconds(),
          s.mtimeNanos(),
          s.ctimeSeconds(),
          s.ctimeNanos());
    }
  }

  /** The hash, or null where it is not known. */
  @Nullable Sha256 get(Stat stat) {
    return known.get(Key.of(stat));
  }

  void put(Stat stat, Sha256 sha256) {
    known.put(Key.of(stat), sha256);
  }
}
