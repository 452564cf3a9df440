package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Stat;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The directories of a tree that is being written: opened, made where missing, finished last. */
final class Directories implements AutoCloseable {
  private static final Attributes IMPLIED = new Attributes(0755, 0, 0, 0);

  /** As the kernel has it, for links that lead to links. */
  private static final int MAX_LINKS = 40;

  private final Dir target;
  private final DirectoryFormat format;
  private final Ownership ownership;
  private final Map<String, Attributes> pending = new HashMap<>();
  private final Set<String> implied = new LinkedHashSet<>();
  private final Set<String> opaque = new HashSet<>();

  /** The directory of the last entry, which is most often that of the next as well. */
  private @Nullable Dir open;

  private String openPath = "";

  Directories(Dir target, DirectoryFormat format, Ownership ownership) {
    this.target = target;
    this.format = format;
    this.ownership = ownership;
  }

  /** The directory in which {@code path} is to be made; valid until the next call. */
  Dir parentOf(String path) throws LinuxException {
    int slash = path.lastIndexOf('/');
    if (slash < 0) {
      return target;
    }
    Dir last = open;
    if (last != null && openPath.length() == slash && path.startsWith(openPath)) {
      return last;
    }
    close();
    String parent = path.substring(0, slash);
    Dir opened = openOrMake(parent);
    open = opened;
    openPath = parent;
    return opened;
  }

  private Dir openOrMake(String path) throws LinuxException {
    try {
      return target.openDir(path);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
        throw e;
      }
    }
    return target.openDir(makeMissing(path));
  }

  /**
   * Makes the directories that are missing on the way, also behind a symbolic link whose target is
   * in another layer. Step by step, because each step may be another link.
   *
   * @return the path without symbolic links
   */
  private String makeMissing(String path) throws LinuxException {
    Deque<String> todo = new ArrayDeque<>(List.of(path.split("/")));
    String done = "";
    int links = 0;
    for (String step; (step = todo.poll()) != null; ) {
      if (step.isEmpty() || step.equals(".")) {
        continue;
      }
      if (step.equals("..")) {
        done = done.substring(0, Math.max(0, done.lastIndexOf('/')));
        continue;
      }
      String next = done.isEmpty() ? step : done + '/' + step;
      Stat there = target.find(next);
      if (there == null) {
        make(next);
      } else if (there.isSymlink()) {
        if (++links > MAX_LINKS) {
          throw DirectoryWriter.invalid("symbolic links go round in circles at " + path);
        }
        String link = target.readlink(next);
        List<String> steps = List.of(link.split("/"));
        for (String part : steps.reversed()) {
          todo.addFirst(part);
        }
        next = link.startsWith("/") ? "" : done;
      } else if (isWhiteout(there)) {
        target.unlink(next);
        make(next);
        opaque.add(next);
      } else if (!there.isDirectory()) {
        throw DirectoryWriter.invalid(next + " is both a file and a directory");
      }
      done = next;
    }
    return done;
  }

  private void make(String path) throws LinuxException {
    target.mkdir(path, 0700);
    pending.put(path, IMPLIED);
    implied.add(path);
  }

  private boolean isWhiteout(Stat stat) {
    return format != DirectoryFormat.PLAIN && UpperDirectory.isWhiteout(stat);
  }

  /** Notes the attributes that a directory gets in the end. */
  void set(String path, Attributes attributes) {
    pending.put(path, attributes);
    implied.remove(path);
  }

  void setOpaque(String path) {
    opaque.add(path);
  }

  boolean isImplied(String path) {
    return implied.contains(path);
  }

  /** The tree at {@code path} is gone. */
  void forget(String path) {
    close();
    String prefix = path + '/';
    pending.keySet().removeIf(p -> p.equals(path) || p.startsWith(prefix));
    implied.removeIf(p -> p.equals(path) || p.startsWith(prefix));
    opaque.removeIf(p -> p.equals(path) || p.startsWith(prefix));
  }

  /** Something that may have been a link on the way to the open directory is gone. */
  void forgetLinks() {
    close();
  }

  List<String> implied() {
    return List.copyOf(implied);
  }

  boolean rootIsOpaque() {
    return opaque.contains("");
  }

  /** Gives all directories their attributes, children first: a parent's mode may lock us out. */
  void finish() throws LinuxException {
    close();
    List<String> paths = new ArrayList<>(pending.keySet());
    for (String path : opaque) {
      if (!pending.containsKey(path) && !path.isEmpty()) {
        paths.add(path);
      }
    }
    paths.sort(Collections.reverseOrder(FileName.PATH_ORDER));
    for (String path : paths) {
      Stat there = target.find(path);
      if (there == null || !there.isDirectory()) {
        continue;
      }
      try (Dir dir = target.openDirNoFollow(path)) {
        if (opaque.contains(path)) {
          dir.setXattr("", format.xattrPrefix() + "opaque", OverlayXattrs.YES);
        }
        Attributes attributes = pending.get(path);
        if (attributes != null) {
          ownership.give(dir, "", path, attributes, true);
        }
      }
    }
  }

  @Override
  public void close() {
    Dir last = open;
    open = null;
    if (last != null) {
      last.close();
    }
  }
}
