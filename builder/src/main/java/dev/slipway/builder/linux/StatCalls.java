package dev.slipway.builder.linux;

import org.jspecify.annotations.Nullable;

/** What is at a path below an open directory. */
final class StatCalls {
  private StatCalls() {}

  static Stat followed(Dir root, String path) throws LinuxException {
    int at = PathCalls.open(root, path, FileCalls.O_PATH);
    Scratch s = Scratch.borrow();
    try {
      int errno = statx(s, at, "");
      if (errno != 0) {
        throw new LinuxException("stat", root.subject(path), errno);
      }
      return FileCalls.stat(s);
    } finally {
      s.giveBack();
      PathCalls.close(at);
    }
  }

  /** Null where there is nothing of that name. */
  static @Nullable Stat find(Dir root, String path) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      int errno = itself(s, root, path);
      if (errno == 0) {
        return FileCalls.stat(s);
      }
      if (errno == Errno.ENOENT || errno == Errno.ENOTDIR) {
        return null;
      }
      throw new LinuxException("lstat", root.subject(path), errno);
    } finally {
      s.giveBack();
    }
  }

  static Stat itself(Dir root, String path) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      int errno = itself(s, root, path);
      if (errno != 0) {
        throw new LinuxException("lstat", root.subject(path), errno);
      }
      return FileCalls.stat(s);
    } finally {
      s.giveBack();
    }
  }

  private static int itself(Scratch s, Dir root, String path) throws LinuxException {
    if (PathCalls.isName(path)) {
      return statx(s, root.descriptor(), path);
    }
    int at =
        FileCalls.openInRoot(
            s,
            root.descriptor(),
            s.path("lstat", path.isEmpty() ? "." : path),
            FileCalls.O_PATH | FileCalls.O_NOFOLLOW,
            0);
    if (at < 0) {
      return s.errno();
    }
    int errno = statx(s, at, "");
    FileCalls.close(s, at);
    return errno;
  }

  private static int statx(Scratch s, int dir, String name) throws LinuxException {
    int flags = FileCalls.AT_SYMLINK_NOFOLLOW | (name.isEmpty() ? FileCalls.AT_EMPTY_PATH : 0);
    return FileCalls.statx(s, dir, s.path("lstat", name), flags) < 0 ? s.errno() : 0;
  }
}
