package dev.slipway.builder.copy;

import dev.slipway.builder.linux.Stat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the SHA-256 of files that were hashed before. An implementation may forget; it must
 * never answer for a file that has changed since. Safe for use by several threads.
 */
public interface FileHashes {
  /** The hash in lower-case hex, or null where it is not known. */
  @Nullable String get(Stat stat);

  void put(Stat stat, String sha256);

  /** Remembers nothing. */
  FileHashes NONE =
      new FileHashes() {
        @Override
        public @Nullable String get(Stat stat) {
          return null;
        }

        @Override
        public void put(Stat stat, String sha256) {
          // Nothing is kept.
        }
      };

  /**
   * Remembers for the life of this process, by device, inode, size, mtime and ctime: every write to
   * a file changes its ctime, which no program can set.
   */
  static FileHashes inMemory() {
    record Key(long dev, long ino, long size, long mtime, int mnanos, long ctime, int cnanos) {
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

      // Of what differs, not of all.
      @Override
      public int hashCode() {
        return Long.hashCode(31 * ino + ctime) + cnanos;
      }
    }
    Map<Key, String> known = new ConcurrentHashMap<>();
    return new FileHashes() {
      @Override
      public @Nullable String get(Stat stat) {
        return known.get(Key.of(stat));
      }

      @Override
      public void put(Stat stat, String sha256) {
        known.put(Key.of(stat), sha256);
      }
    };
  }
}
