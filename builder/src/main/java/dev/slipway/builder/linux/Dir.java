package dev.slipway.builder.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An open directory, and the file operations below it.
 *
 * <p>Paths are relative to it and are resolved by the kernel as if this directory were the root
 * (openat2(2), RESOLVE_IN_ROOT): a leading slash, {@code ..}, and the target of a symbolic link all
 * stay inside. The empty path is the directory itself. Parents are followed through symbolic links;
 * the last component is not, except where a method says so.
 *
 * <p>Safe for use by several threads, but not for closing while another thread still calls.
 */
public final class Dir implements AutoCloseable {
  private static final int F_DUPFD_CLOEXEC = 1030;
  private static final int RENAME_NOREPLACE = 1;

  private volatile int fd;
  private final String label;

  Dir(int fd, String label) {
    this.fd = fd;
    this.label = label;
  }

  /** Opens a directory of the machine. Symbolic links are followed, as by any program. */
  public static Dir open(Path path) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      String name = path.toString();
      int flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY;
      int fd =
          FileCalls.openat(
              s, FileCalls.AT_FDCWD, s.path("open", name.isEmpty() ? "." : name), flags, 0);
      if (fd < 0) {
        throw new LinuxException("open", name, s.errno());
      }
      return new Dir(fd, name);
    } finally {
      s.giveBack();
    }
  }

  /**
   * Of a descriptor that was opened elsewhere, for example of a detached mount; it may be O_PATH.
   *
   * @param fd from now on owned by this object
   * @param label what messages call the directory
   */
  public static Dir ofDescriptor(int fd, String label) {
    return new Dir(fd, label);
  }

  /** The descriptor; this object still owns it. */
  public int descriptor() {
    int number = fd;
    if (number < 0) {
      throw new IllegalStateException(label + " is closed");
    }
    return number;
  }

  /** A second handle of the same directory, to be closed on its own. */
  public Dir duplicate() throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      int copy = FileCalls.fcntl(s, descriptor(), F_DUPFD_CLOEXEC, 3);
      if (copy < 0) {
        throw failure(s, "fcntl", "");
      }
      return new Dir(copy, label);
    } finally {
      s.giveBack();
    }
  }

  /** What {@code path} is, after following it if it is a symbolic link. */
  public Stat stat(String path) throws LinuxException {
    int at = openPath(path, FileCalls.O_PATH);
    try {
      return statDescriptor(at, path);
    } finally {
      closeNumber(at);
    }
  }

  /** What {@code path} is; a symbolic link is itself. */
  public Stat lstat(String path) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      int errno = lstat(s, path);
      if (errno != 0) {
        throw new LinuxException("lstat", subject(path), errno);
      }
      return FileCalls.stat(s);
    } finally {
      s.giveBack();
    }
  }

  /** As {@link #lstat}, but null where there is nothing of that name. */
  public @Nullable Stat find(String path) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      int errno = lstat(s, path);
      if (errno == 0) {
        return FileCalls.stat(s);
      }
      if (errno == Errno.ENOENT || errno == Errno.ENOTDIR) {
        return null;
      }
      throw new LinuxException("lstat", subject(path), errno);
    } finally {
      s.giveBack();
    }
  }

  private int lstat(Scratch s, String path) throws LinuxException {
    if (isName(path)) {
      return statx(s, descriptor(), path);
    }
    int at =
        FileCalls.openInRoot(
            s,
            descriptor(),
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

  private Stat statDescriptor(int at, String path) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      int errno = statx(s, at, "");
      if (errno != 0) {
        throw new LinuxException("stat", subject(path), errno);
      }
      return FileCalls.stat(s);
    } finally {
      s.giveBack();
    }
  }

  /** The names in this directory but for "." and "..", in byte order. */
  public List<DirEntry> list() throws LinuxException {
    // A description of its own, so that two threads may list at once, and O_PATH may be listed.
    int at = openPath("", FileCalls.O_RDONLY | FileCalls.O_DIRECTORY);
    Scratch s = Scratch.borrow();
    try {
      List<DirEntry> entries = new ArrayList<>();
      MemorySegment buffer = s.io();
      while (true) {
        long size = FileCalls.getdents(s, at, buffer);
        if (size < 0) {
          throw failure(s, "getdents64", "");
        }
        if (size == 0) {
          break;
        }
        parse(buffer, size, entries);
      }
      entries.sort((a, b) -> FileName.BYTE_ORDER.compare(a.name(), b.name()));
      return entries;
    } finally {
      FileCalls.close(s, at);
      s.giveBack();
    }
  }

  /** struct linux_dirent64: ino 8, offset 8, record length 2, type 1, name with its NUL. */
  private static void parse(MemorySegment buffer, long size, List<DirEntry> entries) {
    byte[] name = new byte[256];
    long at = 0;
    while (at < size) {
      int length = buffer.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 16) & 0xffff;
      int type = buffer.get(ValueLayout.JAVA_BYTE, at + 18);
      int n = 0;
      for (byte b; (b = buffer.get(ValueLayout.JAVA_BYTE, at + 19 + n)) != 0; n++) {
        if (n == name.length) {
          name = Arrays.copyOf(name, n * 2);
        }
        name[n] = b;
      }
      boolean self = name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.'));
      if (!self) {
        entries.add(new DirEntry(FileName.decode(name, 0, n), FileType.ofDirent(type)));
      }
      at += length;
    }
  }

  /** Opens a directory below; symbolic links are followed, inside this root. */
  public Dir openDir(String path) throws LinuxException {
    return new Dir(openPath(path, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY), subject(path));
  }

  /** As {@link #openDir}, but a symbolic link as the last component is ENOTDIR or ELOOP. */
  public Dir openDirNoFollow(String path) throws LinuxException {
    int flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW;
    return new Dir(openLast(path, flags, 0), subject(path));
  }

  /** Opens a directory below, EXDEV if another mount or ELOOP if a symbolic link is on the way. */
  Dir openDirWithinMount(String path) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      int at = FileCalls.openWithinMount(s, descriptor(), s.path("open", path));
      if (at < 0) {
        throw failure(s, "open", path);
      }
      return new Dir(at, subject(path));
    } finally {
      s.giveBack();
    }
  }

  /**
   * Opens a regular file to read; symbolic links are followed, inside this root. Anything but a
   * regular file is refused, without waiting for the other end of a FIFO.
   */
  public OpenFile openFile(String path) throws LinuxException {
    return regular(openPath(path, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK), path);
  }

  /** As {@link #openFile}, but a symbolic link as the last component is refused. */
  public OpenFile openFileNoFollow(String path) throws LinuxException {
    int flags = FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOFOLLOW;
    return regular(openLast(path, flags, 0), path);
  }

  private OpenFile regular(int at, String path) throws LinuxException {
    OpenFile file = new OpenFile(at, subject(path));
    boolean ok = false;
    try {
      FileType type = file.stat().type();
      if (type != FileType.REGULAR) {
        throw new LinuxException(
            "open", file + ", which is no regular file but a " + type, Errno.EINVAL);
      }
      ok = true;
      return file;
    } finally {
      if (!ok) {
        file.close();
      }
    }
  }

  /**
   * Opens what a stat just said is a regular file: as {@link #openFileNoFollow} without asking
   * again. Should it have become a FIFO since, reading gives the end of the file.
   */
  public OpenFile openKnownFile(String path) throws LinuxException {
    int flags = FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOFOLLOW;
    return new OpenFile(openLast(path, flags, 0), subject(path));
  }

  /** Makes a new file to write; EEXIST if the name is taken. The umask applies to the mode. */
  public OpenFile create(String path, int mode) throws LinuxException {
    int flags = FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_EXCL | FileCalls.O_NOFOLLOW;
    return new OpenFile(openLast(path, flags, mode), subject(path));
  }

  /** Opens a file to read and write, and makes it if it is missing. A link is refused. */
  public OpenFile openOrCreate(String path, int mode) throws LinuxException {
    int flags = FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_NOFOLLOW | FileCalls.O_NONBLOCK;
    return regular(openLast(path, flags, mode), path);
  }

  /** Makes a directory; the umask applies to the mode. */
  public void mkdir(String path, int mode) throws LinuxException {
    at("mkdir", path, (s, dir, name) -> FileCalls.mkdirat(s, dir, name, mode));
  }

  /** Makes the directory and the parents that are missing, all with this mode. */
  public void mkdirs(String path, int mode) throws LinuxException {
    if (path.isEmpty() || path.equals("/")) {
      return;
    }
    try {
      mkdir(path, mode);
    } catch (LinuxException e) {
      int slash = trimmed(path).lastIndexOf('/');
      if (e.errno() == Errno.ENOENT && slash > 0) {
        mkdirs(path.substring(0, slash), mode);
        mkdirs(path, mode);
      } else if (e.errno() != Errno.EEXIST || !stat(path).isDirectory()) {
        throw e;
      }
    }
  }

  /** Makes a symbolic link at {@code path} that says {@code target}, whatever that may be. */
  public void symlink(String target, String path) throws LinuxException {
    at(
        "symlink",
        path,
        (s, dir, name) -> FileCalls.symlinkat(s, s.otherPath("symlink", target), dir, name));
  }

  /** Gives the file {@code existing} the further name {@code path}. */
  public void link(String existing, String path) throws LinuxException {
    link(this, existing, path);
  }

  /** Gives what {@code other} has under {@code existing}, no directory, a name here as well. */
  public void link(Dir other, String existing, String path) throws LinuxException {
    int from = other.parentOf(existing);
    try {
      at(
          "link",
          path,
          (s, dir, name) ->
              FileCalls.linkat(s, from, s.otherPath("link", last(existing)), dir, name));
    } finally {
      other.closeParent(from);
    }
  }

  /**
   * Makes a device, FIFO or socket; the umask applies to the mode. Linux has 12 bits for a major
   * and 20 for a minor number.
   */
  public void mknod(String path, FileType type, int mode, int major, int minor)
      throws LinuxException {
    if (major >>> 12 != 0 || minor >>> 20 != 0) {
      throw new LinuxException("mknod", subject(path), Errno.EINVAL);
    }
    at(
        "mknod",
        path,
        (s, dir, name) -> FileCalls.mknodat(s, dir, name, type.bits() | mode, major, minor));
  }

  /** What the symbolic link says. */
  public String readlink(String path) throws LinuxException {
    String[] result = new String[1];
    at(
        "readlink",
        path,
        (s, dir, name) -> {
          long size = FileCalls.readlinkat(s, dir, name, s.otherPath);
          if (size < 0) {
            return -1;
          }
          byte[] bytes = new byte[(int) size];
          MemorySegment.copy(s.otherPath, ValueLayout.JAVA_BYTE, 0, bytes, 0, bytes.length);
          result[0] = FileName.decode(bytes);
          return 0;
        });
    return result[0];
  }

  /** Renames; what is at {@code to} is replaced as rename(2) says. */
  public void rename(String from, Dir target, String to) throws LinuxException {
    rename(from, target, to, 0);
  }

  /** Renames; EEXIST if the name {@code to} is taken. */
  public void renameNoReplace(String from, Dir target, String to) throws LinuxException {
    rename(from, target, to, RENAME_NOREPLACE);
  }

  private void rename(String from, Dir target, String to, int flags) throws LinuxException {
    int old = parentOf(from);
    try {
      target.at(
          "rename to",
          to,
          (s, dir, name) ->
              FileCalls.renameat2(s, old, s.otherPath("rename", last(from)), dir, name, flags));
    } finally {
      closeParent(old);
    }
  }

  /** Removes a name that is not a directory. */
  public void unlink(String path) throws LinuxException {
    at("unlink", path, (s, dir, name) -> FileCalls.unlinkat(s, dir, name, 0));
  }

  /** Removes an empty directory. */
  public void rmdir(String path) throws LinuxException {
    at("rmdir", path, (s, dir, name) -> FileCalls.unlinkat(s, dir, name, FileCalls.AT_REMOVEDIR));
  }

  /**
   * Removes {@code path} and all that is below it, if it exists. Never enters another mount: such a
   * directory ends the removal with EXDEV or EBUSY.
   */
  public void deleteRecursively(String path) throws LinuxException {
    Deletion.delete(this, path);
  }

  public void chown(String path, long uid, long gid) throws LinuxException {
    at("chown", path, (s, dir, name) -> FileCalls.lchownat(s, dir, name, uid, gid));
  }

  /** Sets the mode; of a symbolic link it cannot be set (EOPNOTSUPP). */
  public void chmod(String path, int mode) throws LinuxException {
    at(
        "chmod",
        path,
        (s, dir, name) -> {
          int result = FileCalls.fchmodat2(s, dir, name, mode);
          return result < 0 && s.errno() == Errno.ENOSYS ? chmodByProc(s, dir, name, mode) : result;
        });
  }

  /** Before Linux 6.6: an O_PATH descriptor pins the object, and its /proc link takes a chmod. */
  private static int chmodByProc(Scratch s, int dir, MemorySegment name, int mode)
      throws LinuxException {
    int pinned = FileCalls.openat(s, dir, name, FileCalls.O_PATH | FileCalls.O_NOFOLLOW, 0);
    if (pinned < 0) {
      return -1;
    }
    int result = FileCalls.chmod(s, s.otherPath("chmod", "/proc/self/fd/" + pinned), mode);
    int errno = s.errno();
    FileCalls.close(s, pinned);
    return result < 0 ? -errno : result;
  }

  /** Sets the times of last access and of last change of the content. */
  public void setTimes(String path, long seconds, int nanos) throws LinuxException {
    at("utimensat", path, (s, dir, name) -> FileCalls.lutimensat(s, dir, name, seconds, nanos));
  }

  /** All extended attributes that the caller may see; none where the file system has none. */
  public Xattrs xattrs(String path) throws LinuxException {
    if (path.isEmpty()) {
      try {
        return XattrCalls.ofDescriptor(descriptor(), label);
      } catch (LinuxException e) {
        // An O_PATH descriptor is only good for finding things.
        if (e.errno() != Errno.EBADF) {
          throw e;
        }
      }
    }
    int dir = parentOf(path);
    try {
      return XattrCalls.ofName(dir, last(path), subject(path));
    } finally {
      closeParent(dir);
    }
  }

  public void setXattr(String path, String attribute, byte[] value) throws LinuxException {
    int dir = parentOf(path);
    try {
      XattrCalls.set(dir, last(path), attribute, value, subject(path));
    } finally {
      closeParent(dir);
    }
  }

  public void removeXattr(String path, String attribute) throws LinuxException {
    int dir = parentOf(path);
    try {
      XattrCalls.remove(dir, last(path), attribute, subject(path));
    } finally {
      closeParent(dir);
    }
  }

  /** Takes the lock of flock(2) on this directory. */
  public void lock(Lock kind) throws LinuxException {
    Lock.take(descriptor(), kind, true, label);
  }

  /** As {@link #lock}, but answers false where it would have to wait. */
  public boolean tryLock(Lock kind) throws LinuxException {
    return Lock.take(descriptor(), kind, false, label);
  }

  /** Waits until all that was written to this directory's file system is on the disk. */
  public void syncFileSystem() throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      if (FileCalls.syncfs(s, descriptor()) < 0) {
        throw failure(s, "syncfs", "");
      }
    } finally {
      s.giveBack();
    }
  }

  /** Closing again does nothing. */
  @Override
  public void close() {
    int number;
    synchronized (this) {
      number = fd;
      fd = -1;
    }
    if (number >= 0) {
      closeNumber(number);
    }
  }

  /** The path as it was opened, for messages. */
  @Override
  public String toString() {
    return label;
  }

  @FunctionalInterface
  private interface AtCall {
    /** At least 0; or negative, with errno in the scratch, or -errno if below -1. */
    int call(Scratch s, int dir, MemorySegment name) throws LinuxException;
  }

  /** Calls with the directory that holds the last component, and that component. */
  private void at(String call, String path, AtCall action) throws LinuxException {
    int dir = parentOf(path);
    try {
      Scratch s = Scratch.borrow();
      try {
        int result = action.call(s, dir, s.path(call, last(path)));
        if (result < 0) {
          throw new LinuxException(call, subject(path), result < -1 ? -result : s.errno());
        }
      } finally {
        s.giveBack();
      }
    } finally {
      closeParent(dir);
    }
  }

  private int openLast(String path, int flags, int mode) throws LinuxException {
    int dir = parentOf(path);
    try {
      Scratch s = Scratch.borrow();
      try {
        int at = FileCalls.openat(s, dir, s.path("open", last(path)), flags, mode);
        if (at < 0) {
          throw failure(s, "open", path);
        }
        return at;
      } finally {
        s.giveBack();
      }
    } finally {
      closeParent(dir);
    }
  }

  private int openPath(String path, int flags) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      MemorySegment name = s.path("open", path.isEmpty() ? "." : path);
      int at = FileCalls.openInRoot(s, descriptor(), name, flags, 0);
      if (at < 0) {
        throw failure(s, "open", path);
      }
      return at;
    } finally {
      s.giveBack();
    }
  }

  /** The directory of the last component: a new descriptor, or our own where it needs none. */
  private int parentOf(String path) throws LinuxException {
    if (isName(path)) {
      return descriptor();
    }
    String plain = trimmed(path);
    int slash = plain.lastIndexOf('/');
    if (slash <= 0) {
      return descriptor();
    }
    return openPath(plain.substring(0, slash), FileCalls.O_PATH | FileCalls.O_DIRECTORY);
  }

  private static String last(String path) throws LinuxException {
    String plain = trimmed(path);
    String name = plain.substring(plain.lastIndexOf('/') + 1);
    if (name.equals("..")) {
      // Only the kernel may resolve "..", and it does so only for the path as a whole.
      throw new LinuxException("a path that ends in", "..", Errno.EINVAL);
    }
    return name.isEmpty() ? "." : name;
  }

  private static String trimmed(String path) {
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    return end == path.length() ? path : path.substring(0, end);
  }

  /** One plain component, on which an at-call can do no harm. */
  private static boolean isName(String path) {
    return !path.isEmpty() && path.indexOf('/') < 0 && !path.equals(".") && !path.equals("..");
  }

  private void closeParent(int dir) {
    if (dir != fd) {
      closeNumber(dir);
    }
  }

  private static void closeNumber(int number) {
    Scratch s = Scratch.borrow();
    try {
      // Whatever close answers, the descriptor is gone (close(2), notes on errors).
      FileCalls.close(s, number);
    } finally {
      s.giveBack();
    }
  }

  private String subject(String path) {
    return path.isEmpty() ? label : label.endsWith("/") ? label + path : label + '/' + path;
  }

  private LinuxException failure(Scratch s, String call, String path) {
    return new LinuxException(call, subject(path), s.errno());
  }
}
