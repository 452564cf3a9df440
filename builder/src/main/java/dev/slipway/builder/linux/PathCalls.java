package dev.slipway.builder.linux;

import java.lang.foreign.MemorySegment;

/**
 * Paths below an open directory, as system calls take them: the directory of the last component,
 * found by the kernel as if ours were the root, and that component.
 */
final class PathCalls {
  private PathCalls() {}

  @FunctionalInterface
  interface AtCall {
    /** At least 0; or negative, with errno in the scratch, or -errno if below -1. */
    int call(Scratch s, int dir, MemorySegment name) throws LinuxException;
  }

  /** Calls with the directory that holds the last component, and that component. */
  static void at(Dir root, String call, String path, AtCall action) throws LinuxException {
    int dir = parentOf(root, path);
    try {
      Scratch s = Scratch.borrow();
      try {
        int result = action.call(s, dir, s.path(call, last(path)));
        if (result < 0) {
          throw new LinuxException(call, root.subject(path), result < -1 ? -result : s.errno());
        }
      } finally {
        s.giveBack();
      }
    } finally {
      closeParent(root, dir);
    }
  }

  static int openLast(Dir root, String path, int flags, int mode) throws LinuxException {
    int dir = parentOf(root, path);
    try {
      Scratch s = Scratch.borrow();
      try {
        int at = FileCalls.openat(s, dir, s.path("open", last(path)), flags, mode);
        if (at < 0) {
          throw root.failure(s, "open", path);
        }
        return at;
      } finally {
        s.giveBack();
      }
    } finally {
      closeParent(root, dir);
    }
  }

  static int open(Dir root, String path, int flags) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      MemorySegment name = s.path("open", path.isEmpty() ? "." : path);
      int at = FileCalls.openInRoot(s, root.descriptor(), name, flags, 0);
      if (at < 0) {
        throw root.failure(s, "open", path);
      }
      return at;
    } finally {
      s.giveBack();
    }
  }

  /** The directory of the last component: a new descriptor, or our own where it needs none. */
  static int parentOf(Dir root, String path) throws LinuxException {
    if (isName(path)) {
      return root.descriptor();
    }
    String plain = trimmed(path);
    int slash = plain.lastIndexOf('/');
    if (slash <= 0) {
      return root.descriptor();
    }
    return open(root, plain.substring(0, slash), FileCalls.O_PATH | FileCalls.O_DIRECTORY);
  }

  static String last(String path) throws LinuxException {
    String plain = trimmed(path);
    String name = plain.substring(plain.lastIndexOf('/') + 1);
    if (name.equals("..")) {
      // Only the kernel may resolve "..", and it does so only for the path as a whole.
      throw new LinuxException("a path that ends in", "..", Errno.EINVAL);
    }
    return name.isEmpty() ? "." : name;
  }

  static String trimmed(String path) {
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    return end == path.length() ? path : path.substring(0, end);
  }

  /** One plain component, on which an at-call can do no harm. */
  static boolean isName(String path) {
    return !path.isEmpty() && path.indexOf('/') < 0 && !path.equals(".") && !path.equals("..");
  }

  static void closeParent(Dir root, int dir) {
    if (!root.owns(dir)) {
      close(dir);
    }
  }

  static void close(int number) {
    Scratch s = Scratch.borrow();
    try {
      // Whatever close answers, the descriptor is gone (close(2), notes on errors).
      FileCalls.close(s, number);
    } finally {
      s.giveBack();
    }
  }
}
