package dev.slipway.builder.sandbox;

import dev.slipway.builder.layer.LayerStack;
import dev.slipway.builder.layer.UpperDirectory;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.DirEntry;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.OpenFile;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.linux.Xattrs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Moves what a step changed out of its tree, into a directory as an overlay would have made it. A
 * walk finds it, by a {@link Snapshot}; nothing is copied.
 *
 * <p>What the tree lacks afterwards, the layer has: put on top again, it makes the tree whole.
 */
final class TreeChanges {
  private final Snapshot before;
  private final List<Loss> losses = new ArrayList<>();

  /** Files of several names that were moved: by number, under which. */
  private final Map<Long, List<String>> linked = new HashMap<>();

  private TreeChanges(Snapshot before) {
    this.before = before;
  }

  /**
   * What the tree had of its layers and has no longer.
   *
   * @param whole whether it was deleted or replaced, with all that was in it
   */
  record Loss(String path, boolean whole) {
    /** Whether a layer on top gives the path anew, so that it does not matter what was there. */
    boolean isMadeGoodBy(Dir layer) throws LinuxException {
      Stat stat = layer.find(path);
      if (stat == null) {
        return false;
      }
      return !whole || !stat.isDirectory() || UpperDirectory.hasDeletedContents(layer, path);
    }
  }

  /**
   * @param tree in which no process works any more
   * @param before what it was like when it showed {@code below} and nothing else
   * @param upper an empty directory on the same file system
   */
  static List<Loss> move(Dir tree, Snapshot before, LayerStack below, Dir upper)
      throws IOException {
    TreeChanges changes = new TreeChanges(before);
    try (Level root = changes.new Level(tree, upper, below)) {
      root.upper();
      root.compare();
    }
    changes.separate(upper);
    return changes.losses;
  }

  /**
   * A directory that was there before, and its counterpart with the changes, once there are any.
   */
  private final class Level implements AutoCloseable {
    private final @Nullable Level parent;
    private final String name;
    private final String path;
    private final Dir tree;
    private final LayerStack below;

    /** Before anything is moved out of it. */
    private final Stat stat;

    private @Nullable Dir upper;

    Level(Dir tree, Dir upper, LayerStack below) throws LinuxException {
      this.parent = null;
      this.name = "";
      this.path = "";
      this.tree = tree;
      this.stat = tree.lstat("");
      this.below = below;
      this.upper = upper;
    }

    Level(Level parent, String name, LayerStack below) throws LinuxException {
      this.parent = parent;
      this.name = name;
      this.path = FileName.join(parent.path, name);
      this.tree = parent.tree.openDirNoFollow(name);
      this.stat = tree.lstat("");
      this.below = below;
    }

    /** Where changes go, with the same attributes as the directory in the tree. */
    Dir upper() throws LinuxException {
      if (upper == null && parent != null) {
        Dir above = parent.upper();
        above.mkdir(name, 0700);
        upper = above.openDirNoFollow(name);
      }
      return Objects.requireNonNull(upper);
    }

    void compare() throws IOException {
      Set<String> gone = new HashSet<>(before.in(path).keySet());
      for (DirEntry entry : tree.list()) {
        Stat now = tree.find(entry.name());
        if (now == null || isNothing(now)) {
          continue;
        }
        gone.remove(entry.name());
        Snapshot.@Nullable Mark then = before.in(path).get(entry.name());
        if (then != null && now.isDirectory() && then.isOf(now)) {
          directory(entry.name(), then, now);
        } else if (then == null || !isUnchanged(entry.name(), then, now)) {
          take(entry.name(), then, now);
        }
      }
      for (String deleted : gone) {
        UpperDirectory.delete(upper(), deleted);
        losses.add(new Loss(FileName.join(path, deleted), true));
      }
    }

    private void directory(String child, Snapshot.Mark then, Stat now) throws IOException {
      try (LayerStack inside = below.enter(child);
          Level level = new Level(this, child, inside)) {
        if (!then.isUntouched(now) && !below.holds(tree, child, now)) {
          level.upper();
        }
        level.compare();
      }
    }

    private boolean isUnchanged(String child, Snapshot.Mark then, Stat now) throws IOException {
      return then.isUntouched(now)
          // One name more is a change, one less is only that other name's.
          || (!now.isDirectory() && now.nlink() <= then.nlink() && below.holds(tree, child, now));
    }

    /** All of it: what is new in the tree is new with everything in it. */
    private void take(String child, Snapshot.@Nullable Mark then, Stat now) throws IOException {
      String at = FileName.join(path, child);
      tree.rename(child, upper(), child);
      if (then != null) {
        losses.add(new Loss(at, then.type() == FileType.DIRECTORY));
      }
      if (!now.isDirectory()) {
        note(at, now);
        return;
      }
      try (Dir moved = upper().openDirNoFollow(child)) {
        clean(moved, at);
        LayerStack.Found hidden = below.find(child);
        if (hidden != null && hidden.stat().isDirectory()) {
          UpperDirectory.deleteContents(moved);
        }
      }
    }

    @Override
    public void close() throws LinuxException {
      Dir made = upper;
      if (made != null) {
        made.chown("", stat.uid(), stat.gid());
        made.chmod("", stat.mode());
        UpperDirectory.giveXattrs(tree.xattrs(""), made);
        made.setTimes("", stat.mtimeSeconds(), stat.mtimeNanos());
      }
      if (parent != null) {
        tree.close();
        if (made != null) {
          made.close();
        }
      }
    }
  }

  /** No layer holds a socket, and what would read as a deletion is no file. */
  private static boolean isNothing(Stat stat) {
    return stat.type() == FileType.SOCKET || UpperDirectory.isWhiteout(stat);
  }

  /** Takes out of a new directory what means something else in a layer. */
  private void clean(Dir dir, String path) throws LinuxException {
    Stat stat = dir.lstat("");
    boolean removed = UpperDirectory.removeMarks(dir);
    for (DirEntry entry : dir.list()) {
      String name = entry.name();
      if (entry.type() == FileType.DIRECTORY) {
        try (Dir below = dir.openDirNoFollow(name)) {
          clean(below, FileName.join(path, name));
        }
        continue;
      }
      Stat child = dir.lstat(name);
      if (isNothing(child)) {
        dir.unlink(name);
        removed = true;
      } else {
        note(FileName.join(path, name), child);
      }
    }
    if (removed) {
      dir.setTimes("", stat.mtimeSeconds(), stat.mtimeNanos());
    }
  }

  private void note(String path, Stat stat) {
    if (stat.nlink() > 1 && stat.isRegular()) {
      linked.computeIfAbsent(stat.ino(), ino -> new ArrayList<>()).add(path);
    }
  }

  /**
   * Copies files that have a name outside as well, in a cache mount for instance: whoever writes to
   * that would write into the layer. Where the cache is mounted such a link cannot be made.
   */
  private void separate(Dir upper) throws LinuxException {
    for (List<String> names : linked.values()) {
      Stat stat = upper.lstat(names.getFirst());
      if (stat.nlink() == names.size()) {
        continue;
      }
      for (String name : names) {
        int slash = name.lastIndexOf('/');
        try (Dir parent = upper.openDir(slash < 0 ? "" : name.substring(0, slash))) {
          copy(parent, name.substring(slash + 1), stat);
        }
      }
    }
  }

  private static void copy(Dir parent, String name, Stat stat) throws LinuxException {
    String fresh = ".slipway-copy";
    Stat above = parent.lstat("");
    Xattrs xattrs = parent.xattrs(name);
    try (OpenFile from = parent.openFileNoFollow(name);
        OpenFile to = parent.create(fresh, 0600)) {
      PlainFiles.copy(from, stat, to);
      for (String attribute : xattrs.names()) {
        byte[] value = xattrs.get(attribute);
        to.setXattr(attribute, value == null ? new byte[0] : value);
      }
    }
    parent.rename(fresh, parent, name);
    parent.setTimes("", above.mtimeSeconds(), above.mtimeNanos());
  }
}
