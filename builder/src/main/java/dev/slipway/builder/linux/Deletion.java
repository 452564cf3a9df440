package dev.slipway.builder.linux;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The removal of a tree that a hostile program may have made: of any depth, with directories that
 * their owner may not read, and perhaps with something mounted inside.
 */
final class Deletion {
  /** How many directories are open at once; what is deeper is first moved up to the top. */
  private static final int DEPTH = 64;

  private final Dir top;
  private final Deque<String> lifted = new ArrayDeque<>();
  private int counter;

  private Deletion(Dir top) {
    this.top = top;
  }

  static void delete(Dir parent, String path) throws LinuxException {
    Stat stat = parent.find(path);
    if (stat == null) {
      return;
    }
    if (!stat.isDirectory()) {
      parent.unlink(path);
      return;
    }
    try (Dir top = open(parent, path)) {
      Deletion deletion = new Deletion(top);
      deletion.empty(top, 0);
      for (String name; (name = deletion.lifted.poll()) != null; ) {
        deletion.remove(top, name, 0);
      }
    }
    parent.rmdir(path);
  }

  private void empty(Dir dir, int depth) throws LinuxException {
    for (DirEntry entry : dir.list()) {
      if (entry.type() == FileType.DIRECTORY || !unlinked(dir, entry.name())) {
        remove(dir, entry.name(), depth);
      }
    }
  }

  private void remove(Dir parent, String name, int depth) throws LinuxException {
    if (depth >= DEPTH) {
      lift(parent, name);
      return;
    }
    try (Dir dir = open(parent, name)) {
      empty(dir, depth + 1);
    }
    parent.rmdir(name);
  }

  /** Opens a directory that is to be emptied, and sees to it that its owner may do so. */
  private static Dir open(Dir parent, String name) throws LinuxException {
    Stat stat = parent.lstat(name);
    if ((stat.mode() & 0700) != 0700) {
      try {
        parent.chmod(name, 0700);
      } catch (LinuxException e) {
        // Not ours: root needs no bits, and for anybody else the next call says what is wrong.
        if (e.errno() != Errno.EPERM) {
          throw e;
        }
      }
    }
    return parent.openDirWithinMount(name);
  }

  private void lift(Dir parent, String name) throws LinuxException {
    while (true) {
      String free = ".slipway-delete-" + counter++;
      try {
        parent.renameNoReplace(name, top, free);
        lifted.add(free);
        return;
      } catch (LinuxException e) {
        if (e.errno() != Errno.EEXIST) {
          throw e;
        }
      }
    }
  }

  private static boolean unlinked(Dir dir, String name) throws LinuxException {
    try {
      dir.unlink(name);
      return true;
    } catch (LinuxException e) {
      if (e.errno() == Errno.EISDIR) {
        return false;
      }
      throw e;
    }
  }
}
