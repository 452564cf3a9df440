package dev.slipway.builder.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
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

  /** The descriptor; this object still owns it. */
  public int descriptor() {
    int number = fd;
    if (number < 0) {
      throw new IllegalStateException(label + " is closed");
    }
    return number;
  }

  /** Whether it is this object's to close. */
  boolean owns(int number) {
    return number == fd;
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
    return StatCalls.followed(this, path);
  }

  /** What {@code path} is; a symbolic link is itself. */
  public Stat lstat(String path) throws LinuxException {
    return StatCalls.itself(this, path);
  }

  /** As {@link #lstat}, but null where there is nothing of that name. */
  public @Nullable Stat find(String path) throws LinuxException {
    return StatCalls.find(this, path);
  }

  /** The names in this directory but for "." and "..", in byte order. */
  public List<DirEntry> list() throws LinuxException {
    return Listing.of(this);
  }

  /** Opens a directory below; symbolic links are followed, inside this root. */
  public Dir openDir(String path) throws LinuxException {
    return new Dir(
        PathCalls.open(this, path, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY), subject(path));
  }

  /** As {@link #openDir}, but a symbolic link as the last component is ENOTDIR or ELOOP. */
  public Dir openDirNoFollow(String path) throws LinuxException {
    int flags = FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW;
    return new Dir(PathCalls.openLast(this, path, flags, 0), subject(path));
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
    return regular(PathCalls.open(this, path, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK), path);
  }

  /** As {@link #openFile}, but a symbolic link as the last component is refused. */
  public OpenFile openFileNoFollow(String path) throws LinuxException {
    int flags = FileCalls.O_RDONLY | FileCalls.O_NONBLOCK | FileCalls.O_NOFOLLOW;
    return regular(PathCalls.openLast(this, path, flags, 0), path);
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
    int at =
        PathCalls.isName(path)
            ? PathCalls.openLast(this, path, flags, 0)
            : PathCalls.open(this, path, flags);
    return new OpenFile(at, subject(path));
  }

  /** Makes a new file to write; EEXIST if the name is taken. The umask applies to the mode. */
  public OpenFile create(String path, int mode) throws LinuxException {
    int flags = FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_EXCL | FileCalls.O_NOFOLLOW;
    return new OpenFile(PathCalls.openLast(this, path, flags, mode), subject(path));
  }

  /** Opens a file to read and write, and makes it if it is missing. A link is refused. */
  public OpenFile openOrCreate(String path, int mode) throws LinuxException {
    int flags = FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_NOFOLLOW | FileCalls.O_NONBLOCK;
    return regular(PathCalls.openLast(this, path, flags, mode), path);
  }

  /** Makes a directory; the umask applies to the mode. */
  public void mkdir(String path, int mode) throws LinuxException {
    PathCalls.at(this, "mkdir", path, (s, dir, name) -> FileCalls.mkdirat(s, dir, name, mode));
  }

  /** Makes the directory and the parents that are missing, all with this mode. */
  public void mkdirs(String path, int mode) throws LinuxException {
    if (path.isEmpty() || path.equals("/")) {
      return;
    }
    try {
      mkdir(path, mode);
    } catch (LinuxException e) {
      int slash = PathCalls.trimmed(path).lastIndexOf('/');
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
    PathCalls.at(
        this,
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
    int from = PathCalls.parentOf(other, existing);
    try {
      PathCalls.at(
          this,
          "link",
          path,
          (s, dir, name) ->
              FileCalls.linkat(s, from, s.otherPath("link", PathCalls.last(existing)), dir, name));
    } finally {
      PathCalls.closeParent(other, from);
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
    PathCalls.at(
        this,
        "mknod",
        path,
        (s, dir, name) -> FileCalls.mknodat(s, dir, name, type.bits() | mode, major, minor));
  }

  /** What the symbolic link says. */
  public String readlink(String path) throws LinuxException {
    String[] result = new String[1];
    PathCalls.at(
        this,
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
    int old = PathCalls.parentOf(this, from);
    try {
      PathCalls.at(
          target,
          "rename to",
          to,
          (s, dir, name) ->
              FileCalls.renameat2(
                  s, old, s.otherPath("rename", PathCalls.last(from)), dir, name, flags));
    } finally {
      PathCalls.closeParent(this, old);
    }
  }

  /** Removes a name that is not a directory. */
  public void unlink(String path) throws LinuxException {
    PathCalls.at(this, "unlink", path, (s, dir, name) -> FileCalls.unlinkat(s, dir, name, 0));
  }

  /** Removes an empty directory. */
  public void rmdir(String path) throws LinuxException {
    PathCalls.at(
        this,
        "rmdir",
        path,
        (s, dir, name) -> FileCalls.unlinkat(s, dir, name, FileCalls.AT_REMOVEDIR));
  }

  /**
   * Removes {@code path} and all that is below it, if it exists. Never enters another mount: such a
   * directory ends the removal with EXDEV or EBUSY.
   */
  public void deleteRecursively(String path) throws LinuxException {
    Deletion.delete(this, path);
  }

  public void chown(String path, long uid, long gid) throws LinuxException {
    PathCalls.at(this, "chown", path, (s, dir, name) -> FileCalls.lchownat(s, dir, name, uid, gid));
  }

  /** Sets the mode; of a symbolic link it cannot be set (EOPNOTSUPP). */
  public void chmod(String path, int mode) throws LinuxException {
    PathCalls.at(this, "chmod", path, (s, dir, name) -> FileCalls.chmodat(s, dir, name, mode));
  }

  /** Sets the times of last access and of last change of the content. */
  public void setTimes(String path, long seconds, int nanos) throws LinuxException {
    PathCalls.at(
        this,
        "utimensat",
        path,
        (s, dir, name) -> FileCalls.lutimensat(s, dir, name, seconds, nanos));
  }

  /** All extended attributes that the caller may see; none where the file system has none. */
  public Xattrs xattrs(String path) throws LinuxException {
    return XattrCalls.at(this, path);
  }

  public void setXattr(String path, String attribute, byte[] value) throws LinuxException {
    XattrCalls.set(this, path, attribute, value);
  }

  public void removeXattr(String path, String attribute) throws LinuxException {
    XattrCalls.remove(this, path, attribute);
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
      PathCalls.close(number);
    }
  }

  /** The path as it was opened, for messages. */
  @Override
  public String toString() {
    return label;
  }

  /** What messages call a path below. */
  String subject(String path) {
    return path.isEmpty() ? label : label.endsWith("/") ? label + path : label + '/' + path;
  }

  LinuxException failure(Scratch s, String call, String path) {
    return new LinuxException(call, subject(path), s.errno());
  }
}
