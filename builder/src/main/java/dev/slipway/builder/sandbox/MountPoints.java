package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Stat;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The places in a root file system that a step's mounts need and the image does not have. They are
 * made before the step and taken away after it, and the parents get back their times.
 *
 * <p>Used while no step runs in the root file system, so that nobody moves what it walks.
 */
final class MountPoints {
  /** As the kernel: more links than this in one path are a loop. */
  private static final int LINKS = 40;

  /** Something made: its path without links, and what its parent was like before and after. */
  private record Stub(String path, Stat made, Stat parentBefore, Stat parentAfter) {}

  private final Dir root;
  private final List<Stub> stubs = new ArrayList<>();
  private final Set<String> covered = new HashSet<>();

  MountPoints(Dir root) {
    this.root = root;
  }

  /**
   * A place to mount on.
   *
   * @param path relative to the root, without links as far as the root file system itself goes
   * @param nested whether it lies in an earlier mount, so that only the step itself can make it
   */
  record Place(String path, boolean nested) {}

  /**
   * Sees to it that there is a directory, or a file, to mount on, and remembers that it will be
   * covered.
   */
  Place ensure(String target, boolean directory) throws LinuxException {
    Place place = find(target, directory);
    if (place.path.isEmpty()) {
      throw new BuildException(
          ErrorCode.SANDBOX, "cannot mount on the root of the image; choose another target");
    }
    covered.add(place.path);
    return place;
  }

  private Place find(String target, boolean directory) throws LinuxException {
    Deque<String> left = new ArrayDeque<>(components(target));
    String at = "";
    int links = 0;
    while (!left.isEmpty()) {
      if (covered.contains(at)) {
        return new Place(at + '/' + String.join("/", left), true);
      }
      String name = left.removeFirst();
      if (name.equals("..")) {
        at = parent(at);
        continue;
      }
      String path = FileName.join(at, name);
      Stat stat = root.find(path);
      if (stat == null) {
        make(path, directory || !left.isEmpty());
        at = path;
      } else if (stat.type() == FileType.SYMLINK) {
        if (++links > LINKS) {
          throw new LinuxException("mount on", target, Errno.ELOOP);
        }
        String link = root.readlink(path);
        List<String> more = components(link);
        for (int i = more.size() - 1; i >= 0; i--) {
          left.addFirst(more.get(i));
        }
        at = link.startsWith("/") ? "" : at;
      } else if (stat.isDirectory() ? left.isEmpty() && !directory : !left.isEmpty() || directory) {
        throw new BuildException(
            ErrorCode.SANDBOX,
            "cannot mount on %s: %s is a %s in the image, and a %s is to be mounted there; choose"
                    .formatted(
                        target,
                        "/" + path,
                        stat.isDirectory() ? "directory" : "file",
                        directory ? "directory" : "file")
                + " another target");
      } else {
        at = path;
      }
    }
    return new Place(at, false);
  }

  private void make(String path, boolean directory) throws LinuxException {
    String parent = parent(path);
    Stat before = root.lstat(parent);
    if (directory) {
      root.mkdir(path, 0755);
    } else {
      root.create(path, 0644).close();
    }
    stubs.add(new Stub(path, root.lstat(path), before, root.lstat(parent)));
  }

  /** Takes away what {@link #ensure} made, unless the step put something there. */
  void remove() throws LinuxException {
    remove(0);
    covered.clear();
  }

  /** How many things have been made so far. */
  int made() {
    return stubs.size();
  }

  /** As {@link #remove()}, the last ones first, until so many are left. */
  void remove(int left) throws LinuxException {
    while (stubs.size() > left) {
      Stub stub = stubs.removeLast();
      String parent = parent(stub.path);
      Stat now = root.find(stub.path);
      Stat above = root.find(parent);
      if (now == null || above == null || now.ino() != stub.made.ino()) {
        continue;
      }
      if (now.isDirectory()) {
        if (!isEmpty(stub.path)) {
          continue;
        }
        root.rmdir(stub.path);
      } else if (now.size() == 0) {
        root.unlink(stub.path);
      } else {
        continue;
      }
      Stat time = sameTime(above, stub.parentAfter) ? stub.parentBefore : above;
      root.setTimes(parent, time.mtimeSeconds(), time.mtimeNanos());
    }
  }

  private boolean isEmpty(String path) throws LinuxException {
    try (Dir dir = root.openDirNoFollow(path)) {
      return dir.list().isEmpty();
    }
  }

  private static boolean sameTime(Stat a, @Nullable Stat b) {
    return b != null && a.mtimeSeconds() == b.mtimeSeconds() && a.mtimeNanos() == b.mtimeNanos();
  }

  static List<String> components(String path) {
    List<String> names = new ArrayList<>();
    for (String name : path.split("/", -1)) {
      if (!name.isEmpty() && !name.equals(".")) {
        names.add(name);
      }
    }
    return names;
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }
}
