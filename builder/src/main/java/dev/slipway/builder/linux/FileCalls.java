package dev.slipway.builder.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * The file calls as the kernel has them. Each returns what the C function returns, and leaves errno
 * in the scratch. Calls that a signal may interrupt are repeated here.
 *
 * <p>Segments are passed as addresses; all belong to the scratch, which the caller holds until it
 * gives it back after the call.
 */
final class FileCalls {
  static final int AT_FDCWD = -100;
  static final int AT_SYMLINK_NOFOLLOW = 0x100;
  static final int AT_REMOVEDIR = 0x200;
  static final int AT_EMPTY_PATH = 0x1000;

  static final int O_RDONLY = 0;
  static final int O_WRONLY = 1;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0100;
  static final int O_EXCL = 0200;
  static final int O_NONBLOCK = 04000;
  static final int O_CLOEXEC = 02000000;
  static final int O_PATH = 010000000;
  // These two differ between x86-64 and arm64 (arch/arm64/include/uapi/asm/fcntl.h).
  static final int O_DIRECTORY;
  static final int O_NOFOLLOW;

  static {
    boolean arm = Syscall.Architecture.current() == Syscall.Architecture.AARCH64;
    O_DIRECTORY = arm ? 040000 : 0200000;
    O_NOFOLLOW = arm ? 0100000 : 0400000;
  }

  private static final long RESOLVE_NO_XDEV = 0x01;
  private static final long RESOLVE_NO_MAGICLINKS = 0x02;
  private static final long RESOLVE_NO_SYMLINKS = 0x04;
  private static final long RESOLVE_IN_ROOT = 0x10;

  private static final int STATX_BASIC_STATS = 0x7ff;
  private static final int STATX_BTIME = 0x800;

  private FileCalls() {}

  static int openat(Scratch s, int dir, MemorySegment path, int flags, int mode) {
    int fd;
    do {
      fd = (int) call(Syscall.OPENAT, s, dir, path.address(), flags | O_CLOEXEC, mode);
    } while (fd < 0 && s.errno() == Errno.EINTR);
    return fd;
  }

  /** Opens below {@code dir} as if it were the root: no path, link or race leads out of it. */
  static int openInRoot(Scratch s, int dir, MemorySegment path, int flags, int mode) {
    return openat2(s, dir, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  }

  /** Opens a directory on the same mount as {@code dir}, through no link at all. */
  static int openWithinMount(Scratch s, int dir, MemorySegment path) {
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    return openat2(s, dir, path, flags, 0, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
  }

  /** With a struct open_how: flags, mode, resolve. */
  private static int openat2(
      Scratch s, int dir, MemorySegment path, int flags, int mode, long resolve) {
    s.struct.set(JAVA_LONG, 0, (flags | O_CLOEXEC) & 0xffff_ffffL);
    s.struct.set(JAVA_LONG, 8, mode);
    s.struct.set(JAVA_LONG, 16, resolve);
    // EAGAIN: somebody renamed a directory while ".." was resolved, and the kernel gave up.
    for (int attempt = 0; ; attempt++) {
      long fd = call(Syscall.OPENAT2, s, dir, path.address(), s.struct.address(), 24);
      if (fd >= 0) {
        return (int) fd;
      }
      int errno = s.errno();
      if (errno != Errno.EINTR && (errno != Errno.EAGAIN || attempt >= 100)) {
        return -1;
      }
    }
  }

  static int close(Scratch s, int fd) {
    return (int) call(Syscall.CLOSE, s, fd);
  }

  static int statx(Scratch s, int dir, MemorySegment path, int flags) {
    return (int)
        Syscall.STATX.raw(
            s.state,
            dir,
            path.address(),
            flags,
            STATX_BASIC_STATS | STATX_BTIME,
            s.struct.address(),
            0);
  }

  /** The struct statx that the last call left in the scratch (offsets: statx(2)). */
  static Stat stat(Scratch s) {
    // Copied as a whole: in code that is not compiled yet, each look into a segment costs as much.
    long[] b = s.words;
    MemorySegment.copy(s.struct, JAVA_LONG, 0, b, 0, b.length);
    int mode = high(b[3]) & 0xffff;
    boolean birth = (low(b[0]) & STATX_BTIME) != 0;
    return new Stat(
        FileType.ofMode(mode),
        mode & 07777,
        high(b[2]) & 0xffff_ffffL,
        low(b[3]) & 0xffff_ffffL,
        b[5],
        ((long) low(b[17]) << 32) | (high(b[17]) & 0xffff_ffffL),
        b[4],
        low(b[2]) & 0xffff_ffffL,
        low(b[16]),
        high(b[16]),
        b[14],
        low(b[15]),
        b[12],
        low(b[13]),
        birth ? b[10] : 0,
        birth ? low(b[11]) : 0,
        b[6]);
  }

  /**
   * The field that comes first in these eight bytes. All that Java runs on here is little-endian.
   */
  private static int low(long word) {
    return (int) word;
  }

  private static int high(long word) {
    return (int) (word >>> 32);
  }

  static long getdents(Scratch s, int fd, MemorySegment buffer) {
    return call(Syscall.GETDENTS64, s, fd, buffer.address(), buffer.byteSize(), 0);
  }

  static long lseek(Scratch s, int fd, long offset, int whence) {
    return call(Syscall.LSEEK, s, fd, offset, whence, 0);
  }

  static long read(Scratch s, int fd, MemorySegment buffer, long length) {
    long n;
    do {
      n = call(Syscall.READ, s, fd, buffer.address(), length, 0);
    } while (n < 0 && s.errno() == Errno.EINTR);
    return n;
  }

  static long pread(Scratch s, int fd, MemorySegment buffer, long length, long position) {
    long n;
    do {
      n = call(Syscall.PREAD64, s, fd, buffer.address(), length, position);
    } while (n < 0 && s.errno() == Errno.EINTR);
    return n;
  }

  static long write(Scratch s, int fd, MemorySegment buffer, long length) {
    long n;
    do {
      n = call(Syscall.WRITE, s, fd, buffer.address(), length, 0);
    } while (n < 0 && s.errno() == Errno.EINTR);
    return n;
  }

  static int ftruncate(Scratch s, int fd, long size) {
    return (int) call(Syscall.FTRUNCATE, s, fd, size, 0, 0);
  }

  static long copyFileRange(Scratch s, int in, int out, long length) {
    return Syscall.COPY_FILE_RANGE.raw(s.state, in, 0, out, 0, length, 0);
  }

  static int ioctl(Scratch s, int fd, long request, long argument) {
    return (int) call(Syscall.IOCTL, s, fd, request, argument, 0);
  }

  static int fsync(Scratch s, int fd) {
    return (int) call(Syscall.FSYNC, s, fd);
  }

  static int syncfs(Scratch s, int fd) {
    return (int) call(Syscall.SYNCFS, s, fd);
  }

  static int flock(Scratch s, int fd, int operation) {
    int result;
    do {
      result = (int) call(Syscall.FLOCK, s, fd, operation, 0, 0);
    } while (result < 0 && s.errno() == Errno.EINTR);
    return result;
  }

  static int fcntl(Scratch s, int fd, int command, int argument) {
    return (int) call(Syscall.FCNTL, s, fd, command, argument, 0);
  }

  static int fchown(Scratch s, int fd, long uid, long gid) {
    return (int) call(Syscall.FCHOWN, s, fd, uid, gid, 0);
  }

  static int fchmod(Scratch s, int fd, int mode) {
    return (int) call(Syscall.FCHMOD, s, fd, mode, 0, 0);
  }

  static int lchownat(Scratch s, int dir, MemorySegment path, long uid, long gid) {
    return (int)
        Syscall.FCHOWNAT.raw(s.state, dir, path.address(), uid, gid, AT_SYMLINK_NOFOLLOW, 0);
  }

  /** Not through a symbolic link: of one it answers EOPNOTSUPP. */
  static int chmodat(Scratch s, int dir, MemorySegment path, int mode) throws LinuxException {
    int result = (int) call(Syscall.FCHMODAT2, s, dir, path.address(), mode, AT_SYMLINK_NOFOLLOW);
    return result < 0 && s.errno() == Errno.ENOSYS ? chmodByProc(s, dir, path, mode) : result;
  }

  /** Before Linux 6.6: an O_PATH descriptor pins the object, and its /proc link takes a chmod. */
  private static int chmodByProc(Scratch s, int dir, MemorySegment name, int mode)
      throws LinuxException {
    int pinned = openat(s, dir, name, O_PATH | O_NOFOLLOW, 0);
    if (pinned < 0) {
      return -1;
    }
    MemorySegment link = s.otherPath("chmod", "/proc/self/fd/" + pinned);
    int result = (int) call(Syscall.FCHMODAT, s, AT_FDCWD, link.address(), mode, 0);
    int errno = s.errno();
    close(s, pinned);
    return result < 0 ? -errno : result;
  }

  /** Sets both times; the scratch's struct is overwritten. */
  static int futimens(Scratch s, int fd, long seconds, int nanos) {
    return (int) call(Syscall.UTIMENSAT, s, fd, 0, times(s, seconds, nanos), 0);
  }

  static int lutimensat(Scratch s, int dir, MemorySegment path, long seconds, int nanos) {
    long times = times(s, seconds, nanos);
    return (int) call(Syscall.UTIMENSAT, s, dir, path.address(), times, AT_SYMLINK_NOFOLLOW);
  }

  private static long times(Scratch s, long seconds, int nanos) {
    for (int offset = 0; offset < 32; offset += 16) {
      s.struct.set(JAVA_LONG, offset, seconds);
      s.struct.set(JAVA_LONG, offset + 8, nanos);
    }
    return s.struct.address();
  }

  static int mkdirat(Scratch s, int dir, MemorySegment path, int mode) {
    return (int) call(Syscall.MKDIRAT, s, dir, path.address(), mode, 0);
  }

  static int mknodat(Scratch s, int dir, MemorySegment path, int mode, int major, int minor) {
    // new_encode_dev in <linux/kdev_t.h>: the low byte of minor, 12 bits of major, more of minor.
    long device = (minor & 0xffL) | ((major & 0xfffL) << 8) | ((minor & 0xfff00L) << 12);
    return (int) call(Syscall.MKNODAT, s, dir, path.address(), mode, device);
  }

  static int symlinkat(Scratch s, MemorySegment target, int dir, MemorySegment path) {
    return (int) call(Syscall.SYMLINKAT, s, target.address(), dir, path.address(), 0);
  }

  static int linkat(Scratch s, int from, MemorySegment old, int to, MemorySegment path) {
    return (int) call(Syscall.LINKAT, s, from, old.address(), to, path.address());
  }

  static long readlinkat(Scratch s, int dir, MemorySegment path, MemorySegment buffer) {
    return call(Syscall.READLINKAT, s, dir, path.address(), buffer.address(), buffer.byteSize());
  }

  static int renameat2(
      Scratch s, int from, MemorySegment old, int to, MemorySegment path, int flags) {
    return (int) Syscall.RENAMEAT2.raw(s.state, from, old.address(), to, path.address(), flags, 0);
  }

  static int unlinkat(Scratch s, int dir, MemorySegment path, int flags) {
    return (int) call(Syscall.UNLINKAT, s, dir, path.address(), flags, 0);
  }

  static long flistxattr(Scratch s, int fd, MemorySegment buffer) {
    return call(Syscall.FLISTXATTR, s, fd, buffer.address(), buffer.byteSize(), 0);
  }

  static long llistxattr(Scratch s, MemorySegment path, MemorySegment buffer) {
    return call(Syscall.LLISTXATTR, s, path.address(), buffer.address(), buffer.byteSize(), 0);
  }

  static long fgetxattr(Scratch s, int fd, MemorySegment name, MemorySegment buffer) {
    return call(Syscall.FGETXATTR, s, fd, name.address(), buffer.address(), buffer.byteSize());
  }

  static long lgetxattr(Scratch s, MemorySegment path, MemorySegment name, MemorySegment buffer) {
    return call(
        Syscall.LGETXATTR, s, path.address(), name.address(), buffer.address(), buffer.byteSize());
  }

  static int fsetxattr(Scratch s, int fd, MemorySegment name, MemorySegment value, long size) {
    return (int) Syscall.FSETXATTR.raw(s.state, fd, name.address(), value.address(), size, 0, 0);
  }

  static int lsetxattr(
      Scratch s, MemorySegment path, MemorySegment name, MemorySegment value, long size) {
    return (int)
        Syscall.LSETXATTR.raw(s.state, path.address(), name.address(), value.address(), size, 0, 0);
  }

  static int lremovexattr(Scratch s, MemorySegment path, MemorySegment name) {
    return (int) call(Syscall.LREMOVEXATTR, s, path.address(), name.address(), 0, 0);
  }

  private static long call(Syscall call, Scratch s, long a) {
    return call.raw(s.state, a, 0, 0, 0, 0, 0);
  }

  private static long call(Syscall call, Scratch s, long a, long b, long c, long d) {
    return call.raw(s.state, a, b, c, d, 0, 0);
  }
}
