package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.DirEntry;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.Stat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What makes one tree of another: the layer of a commit. Type, mode, owner, extended attributes,
 * content and link structure count; of files the time as well. The time of a directory does not
 * count alone, because it changes with what is inside; that of a symbolic link neither, because few
 * tools keep it.
 */
public final class Difference {
  private record Inode(long dev, long ino) {}

  /** A file with several names, as far as they have been seen. */
  private static final class Links {
    final List<String> names = new ArrayList<>();
    final Set<Inode> before = new HashSet<>();
    boolean changed;
  }

  private final Set<String> changed = new HashSet<>();
  private final Map<String, TreeSet<String>> gone = new HashMap<>();
  private final Map<Inode, Links> links = new HashMap<>();

  private Difference() {}

  /**
   * The entries that turn {@code before} into {@code after}; none where they are equal. Both are
   * compared at once; {@code after} is read again with the entries, and must be open until then.
   */
  public static Entries between(Dir before, Dir after) throws IOException {
    Difference difference = new Difference();
    difference.compare(before, after, "");
    difference.linked();
    return difference.entries(after);
  }

  private void compare(Dir before, Dir after, String prefix) throws IOException {
    Set<String> names = new HashSet<>();
    for (DirEntry child : after.list()) {
      String name = child.name();
      Stat now = after.find(name);
      if (now == null || now.type() == FileType.SOCKET) {
        continue; // a socket is in no layer, so it is not there
      }
      names.add(name);
      Stat then = before.find(name);
      child(before, then, after, now, name, FileName.join(prefix, name));
    }
    for (DirEntry child : before.list()) {
      if (!names.contains(child.name())) {
        gone.computeIfAbsent(prefix, path -> new TreeSet<>())
            .add(FileName.join(prefix, child.name()));
        include(prefix);
      }
    }
  }

  private void child(
      Dir before,
      @org.jspecify.annotations.Nullable Stat then,
      Dir after,
      Stat now,
      String name,
      String path)
      throws IOException {
    boolean same = then != null && same(before, then, after, now, name);
    if (!now.isDirectory() && now.nlink() > 1) {
      Links file = links.computeIfAbsent(new Inode(now.dev(), now.ino()), inode -> new Links());
      file.names.add(path);
      file.changed |= !same;
      if (then != null) {
        file.before.add(new Inode(then.dev(), then.ino()));
      }
    }
    if (!same) {
      include(path);
    }
    if (now.isDirectory()) {
      try (Dir there = after.openDirNoFollow(name)) {
        if (then != null && then.isDirectory()) {
          try (Dir here = before.openDirNoFollow(name)) {
            compare(here, there, path);
          }
        } else {
          added(there, path);
        }
      }
    }
  }

  /** A directory that was not there, with all that is in it. */
  private void added(Dir dir, String prefix) throws IOException {
    for (DirEntry child : dir.list()) {
      Stat stat = dir.find(child.name());
      if (stat == null) {
        continue;
      }
      String path = FileName.join(prefix, child.name());
      changed.add(path);
      if (stat.isDirectory()) {
        try (Dir below = dir.openDirNoFollow(child.name())) {
          added(below, path);
        }
      } else if (stat.nlink() > 1) {
        Links file = links.computeIfAbsent(new Inode(stat.dev(), stat.ino()), inode -> new Links());
        file.names.add(path);
        file.changed = true;
      }
    }
  }

  /** A file is written under all its names or under none: a link cannot reach into lower layers. */
  private void linked() {
    for (Links file : links.values()) {
      if (file.changed || file.before.size() > 1) {
        file.names.forEach(this::include);
      }
    }
  }

  /** With its parents, whose attributes a layer has to repeat. */
  private void include(String path) {
    String next = path;
    while (!next.isEmpty() && changed.add(next)) {
      int slash = next.lastIndexOf('/');
      next = slash < 0 ? "" : next.substring(0, slash);
    }
  }

  private Entries entries(Dir after) {
    Entries nodes =
        DirectoryReader.entries(after, DirectoryFormat.PLAIN)
            .filter(entry -> changed.contains(entry.path()));
    return visitor -> {
      whiteouts("", visitor);
      nodes.forEach(entry -> {
        visitor.visit(entry);
        if (entry instanceof Entry.Directory) {
          whiteouts(entry.path(), visitor);
        }
      });
    };
  }

  private void whiteouts(String parent, Entries.Visitor visitor) throws IOException {
    for (String path : gone.getOrDefault(parent, new TreeSet<>())) {
      visitor.visit(new Entry.Whiteout(path));
    }
  }

  /** Of a file and a FIFO the time counts as well. */
  private static boolean same(Dir before, Stat then, Dir after, Stat now, String name)
      throws IOException {
    boolean timed = now.type() == FileType.REGULAR || now.type() == FileType.FIFO;
    return (!timed || then.mtimeSeconds() == now.mtimeSeconds())
        && Likeness.butForTime(before, then, after, now, name);
  }
}
