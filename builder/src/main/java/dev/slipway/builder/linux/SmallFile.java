package dev.slipway.builder.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A file that was opened once for all that there is to know of it.
 *
 * @param stat of the open file
 * @param length how many bytes were read; -1 if the file is larger than the place for them, and was
 *     not read
 */
public record SmallFile(Stat stat, Xattrs xattrs, int length) {

  /**
   * Reads a file in {@code dir}. Of a hundred thousand files each call counts, and each Java frame
   * while the JVM interprets them: so it is done in one place, with one scratch.
   *
   * @param name one component, of what a listing just said is a regular file
   * @param target where its content goes, if there is room for it
   * @return null where it is no regular file or cannot be opened; another call says why
   */
  public static @Nullable SmallFile read(Dir dir, String name, byte[] target)
      throws LinuxException {
    if (!PathCalls.isName(name)) {
      throw new LinuxException("open", dir.subject(name), Errno.EINVAL);
    }
    Scratch s = Scratch.borrow();
    try {
      int flags = FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOFOLLOW;
      int fd = FileCalls.openat(s, dir.descriptor(), s.path("open", name), flags, 0);
      if (fd < 0) {
        return null;
      }
      try {
        return read(s, fd, dir, name, target);
      } finally {
        FileCalls.close(s, fd);
      }
    } finally {
      s.giveBack();
    }
  }

  private static @Nullable SmallFile read(Scratch s, int fd, Dir dir, String name, byte[] target)
      throws LinuxException {
    if (FileCalls.statx(s, fd, s.path("fstat", ""), FileCalls.AT_EMPTY_PATH) < 0) {
      throw dir.failure(s, "fstat", name);
    }
    Stat stat = FileCalls.stat(s);
    if (!stat.isRegular()) {
      return null;
    }
    // Mostly there are none, and the list of them is empty.
    Xattrs xattrs =
        FileCalls.flistxattr(s, fd, s.io()) == 0
            ? Xattrs.EMPTY
            : XattrCalls.ofDescriptor(fd, dir.subject(name));
    if (stat.size() > target.length) {
      return new SmallFile(stat, xattrs, -1);
    }
    int length = 0;
    int size = (int) stat.size();
    while (length < size) {
      long n = FileCalls.read(s, fd, s.io(), Math.min(size - length, Scratch.IO_SIZE));
      if (n < 0) {
        throw dir.failure(s, "read", name);
      }
      if (n == 0) {
        break; // shorter than it was
      }
      MemorySegment.copy(s.io(), ValueLayout.JAVA_BYTE, 0, target, length, (int) n);
      length += (int) n;
    }
    return new SmallFile(stat, xattrs, length);
  }
}
