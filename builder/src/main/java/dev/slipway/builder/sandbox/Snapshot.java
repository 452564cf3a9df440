package dev.slipway.builder.sandbox;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.DirEntry;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.OpenFile;
import dev.slipway.builder.linux.Stat;
import java.util.HashMap;
import java.util.Map;

/**
 * What a tree was like before a step: for each object, which it was and when it last changed. Every
 * change of content or attributes sets the latter (ctime), and no program can set it to anything
 * but now.
 */
final class Snapshot {
  /** An object at a time. */
  record Mark(
      FileType type,
      long ino,
      long nlink,
      long ctimeSeconds,
      int ctimeNanos,
      long birthSeconds,
      int birthNanos) {

    static Mark of(Stat stat) {
      return new Mark(
          stat.type(),
          stat.ino(),
          stat.nlink(),
          stat.ctimeSeconds(),
          stat.ctimeNanos(),
          stat.birthSeconds(),
          stat.birthNanos());
    }

    /** Whether it is the same object, whatever has been done to it; a number may be given anew. */
    boolean isOf(Stat stat) {
      return ino == stat.ino()
          && type == stat.type()
          && birthSeconds == stat.birthSeconds()
          && birthNanos == stat.birthNanos();
    }

    /** Whether nothing has been done to it. */
    boolean isUntouched(Stat stat) {
      return isOf(stat)
          && ctimeSeconds == stat.ctimeSeconds()
          && ctimeNanos == stat.ctimeNanos()
          && nlink == stat.nlink();
    }

    private boolean isAfter(Mark other) {
      return ctimeSeconds != other.ctimeSeconds
          ? ctimeSeconds > other.ctimeSeconds
          : ctimeNanos > other.ctimeNanos;
    }
  }

  /** By directory, by name. */
  private final Map<String, Map<String, Mark>> marks = new HashMap<>();

  private Mark last;

  private Snapshot(Mark root) {
    this.last = root;
  }

  static Snapshot of(Dir root) throws LinuxException {
    Snapshot snapshot = new Snapshot(Mark.of(root.lstat("")));
    snapshot.walk(root, "");
    return snapshot;
  }

  private void walk(Dir dir, String path) throws LinuxException {
    Map<String, Mark> names = new HashMap<>();
    marks.put(path, names);
    for (DirEntry entry : dir.list()) {
      Stat stat = dir.find(entry.name());
      if (stat == null) {
        continue;
      }
      Mark mark = Mark.of(stat);
      names.put(entry.name(), mark);
      if (mark.isAfter(last)) {
        last = mark;
      }
      if (stat.isDirectory()) {
        try (Dir below = dir.openDirNoFollow(entry.name())) {
          walk(below, FileName.join(path, entry.name()));
        }
      }
    }
  }

  /** What was in a directory, by name; nothing if it was none. */
  Map<String, Mark> in(String directory) {
    return marks.getOrDefault(directory, Map.of());
  }

  /**
   * Waits until the clock that the file system takes its times from has moved on since the last
   * change that is seen here, or a change in the same instant would not show.
   *
   * @param place a directory of the same file system to make a file in
   */
  void outlast(Dir place) throws LinuxException, InterruptedException {
    String name = "clock";
    try (OpenFile file = place.create(name, 0600)) {
      while (!Mark.of(file.stat()).isAfter(last)) {
        Thread.sleep(1);
        file.chmod(0600);
      }
    } finally {
      place.unlink(name);
    }
  }
}
