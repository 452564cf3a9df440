package dev.slipway.builder.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The file calls as the kernel has them. Each returns what the C function returns, and leaves errno
 * in the scratch. Calls that a signal may interrupt are repeated here.
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
  static final int O_TRUNC = 01000;
  static final int O_APPEND = 02000;
  static final int O_NONBLOCK = 04000;
  static final int O_CLOEXEC = 02000000;
  static final int O_PATH = 010000000;
  // These two differ between x86-64 and arm64 (arch/arm64/include/uapi/asm/fcntl.h).
  static final int O_DIRECTORY;
  static final int O_NOFOLLOW;

  static {
    boolean arm = System.getProperty("os.arch", "").equals("aarch64");
    O_DIRECTORY = arm ? 040000 : 0200000;
    O_NOFOLLOW = arm ? 0100000 : 0400000;
  }

  private static final long RESOLVE_NO_XDEV = 0x01;
  private static final long RESOLVE_NO_MAGICLINKS = 0x02;
  private static final long RESOLVE_NO_SYMLINKS = 0x04;
  private static final long RESOLVE_IN_ROOT = 0x10;

  // Numbers of the unified table: the same on every architecture.
  private static final long NR_OPENAT2 = 437;
  private static final long NR_FCHMODAT2 = 452;

  private static final int STATX_BASIC_STATS = 0x7ff;

  private static final MethodHandle OPENAT =
      Native.variadic(
          "openat", 3, FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
  private static final MethodHandle SYSCALL_OPENAT2 =
      Native.variadic(
          "syscall",
          1,
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
  private static final MethodHandle SYSCALL_FCHMODAT2 =
      Native.variadic(
          "syscall",
          1,
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      Native.function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle STATX =
      Native.function(
          "statx", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle GETDENTS =
      Native.function("getdents64", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle LSEEK =
      Native.function("lseek", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle READ =
      Native.function("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle PREAD =
      Native.function(
          "pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle WRITE =
      Native.function("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle FTRUNCATE =
      Native.function("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle COPY_FILE_RANGE =
      Native.function(
          "copy_file_range",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle IOCTL =
      Native.variadic("ioctl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle FSYNC =
      Native.function("fsync", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle SYNCFS =
      Native.function("syncfs", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle FLOCK =
      Native.function("flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle FCNTL =
      Native.variadic("fcntl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle FCHOWN =
      Native.function("fchown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle FCHMOD =
      Native.function("fchmod", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle FCHOWNAT =
      Native.function(
          "fchownat",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CHMOD =
      Native.function("chmod", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle FUTIMENS =
      Native.function("futimens", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle UTIMENSAT =
      Native.function(
          "utimensat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
  private static final MethodHandle MKDIRAT =
      Native.function("mkdirat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle MKNODAT =
      Native.function(
          "mknodat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG));
  private static final MethodHandle SYMLINKAT =
      Native.function("symlinkat", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS));
  private static final MethodHandle LINKAT =
      Native.function(
          "linkat",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle READLINKAT =
      Native.function(
          "readlinkat", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
  private static final MethodHandle RENAMEAT2 =
      Native.function(
          "renameat2",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle UNLINKAT =
      Native.function("unlinkat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle FLISTXATTR =
      Native.function("flistxattr", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle LLISTXATTR =
      Native.function("llistxattr", FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG));
  private static final MethodHandle FGETXATTR =
      Native.function(
          "fgetxattr", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
  private static final MethodHandle LGETXATTR =
      Native.function(
          "lgetxattr", FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));
  private static final MethodHandle FSETXATTR =
      Native.function(
          "fsetxattr",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle LSETXATTR =
      Native.function(
          "lsetxattr",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle LREMOVEXATTR =
      Native.function("lremovexattr", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));

  private FileCalls() {}

  static int openat(Scratch s, int dir, MemorySegment path, int flags, int mode) {
    try {
      int fd;
      do {
        fd = (int) OPENAT.invokeExact(s.state, dir, path, flags | O_CLOEXEC, mode);
      } while (fd < 0 && s.errno() == Errno.EINTR);
      return fd;
    } catch (Throwable e) {
      throw impossible(e);
    }
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

  private static int openat2(
      Scratch s, int dir, MemorySegment path, int flags, int mode, long resolve) {
    s.struct.set(JAVA_LONG, 0, (flags | O_CLOEXEC) & 0xffff_ffffL);
    s.struct.set(JAVA_LONG, 8, mode);
    s.struct.set(JAVA_LONG, 16, resolve);
    try {
      // EAGAIN: somebody renamed a directory while ".." was resolved, and the kernel gave up.
      for (int attempt = 0; ; attempt++) {
        long fd = (long) SYSCALL_OPENAT2.invokeExact(s.state, NR_OPENAT2, dir, path, s.struct, 24L);
        if (fd >= 0) {
          return (int) fd;
        }
        int errno = s.errno();
        if (errno != Errno.EINTR && (errno != Errno.EAGAIN || attempt >= 100)) {
          return -1;
        }
      }
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int close(Scratch s, int fd) {
    try {
      return (int) CLOSE.invokeExact(s.state, fd);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int statx(Scratch s, int dir, MemorySegment path, int flags) {
    try {
      return (int) STATX.invokeExact(s.state, dir, path, flags, STATX_BASIC_STATS, s.struct);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** The struct statx that the last call left in the scratch (offsets: statx(2)). */
  static Stat stat(Scratch s) {
    MemorySegment b = s.struct;
    int mode = b.get(ValueLayout.JAVA_SHORT, 28) & 0xffff;
    return new Stat(
        FileType.ofMode(mode),
        mode & 07777,
        b.get(JAVA_INT, 20) & 0xffff_ffffL,
        b.get(JAVA_INT, 24) & 0xffff_ffffL,
        b.get(JAVA_LONG, 40),
        ((long) b.get(JAVA_INT, 136) << 32) | (b.get(JAVA_INT, 140) & 0xffff_ffffL),
        b.get(JAVA_LONG, 32),
        b.get(JAVA_INT, 16) & 0xffff_ffffL,
        b.get(JAVA_INT, 128),
        b.get(JAVA_INT, 132),
        b.get(JAVA_LONG, 112),
        b.get(JAVA_INT, 120),
        b.get(JAVA_LONG, 96),
        b.get(JAVA_INT, 104),
        b.get(JAVA_LONG, 48));
  }

  static long getdents(Scratch s, int fd, MemorySegment buffer) {
    try {
      return (long) GETDENTS.invokeExact(s.state, fd, buffer, buffer.byteSize());
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static long lseek(Scratch s, int fd, long offset, int whence) {
    try {
      return (long) LSEEK.invokeExact(s.state, fd, offset, whence);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static long read(Scratch s, int fd, MemorySegment buffer, long length) {
    try {
      long n;
      do {
        n = (long) READ.invokeExact(s.state, fd, buffer, length);
      } while (n < 0 && s.errno() == Errno.EINTR);
      return n;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static long pread(Scratch s, int fd, MemorySegment buffer, long length, long position) {
    try {
      long n;
      do {
        n = (long) PREAD.invokeExact(s.state, fd, buffer, length, position);
      } while (n < 0 && s.errno() == Errno.EINTR);
      return n;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static long write(Scratch s, int fd, MemorySegment buffer, long length) {
    try {
      long n;
      do {
        n = (long) WRITE.invokeExact(s.state, fd, buffer, length);
      } while (n < 0 && s.errno() == Errno.EINTR);
      return n;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int ftruncate(Scratch s, int fd, long size) {
    try {
      return (int) FTRUNCATE.invokeExact(s.state, fd, size);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static long copyFileRange(Scratch s, int in, int out, long length) {
    try {
      return (long)
          COPY_FILE_RANGE.invokeExact(
              s.state, in, MemorySegment.NULL, out, MemorySegment.NULL, length, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int ioctl(Scratch s, int fd, long request, long argument) {
    try {
      return (int) IOCTL.invokeExact(s.state, fd, request, argument);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int fsync(Scratch s, int fd) {
    try {
      return (int) FSYNC.invokeExact(s.state, fd);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int syncfs(Scratch s, int fd) {
    try {
      return (int) SYNCFS.invokeExact(s.state, fd);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int flock(Scratch s, int fd, int operation) {
    try {
      int result;
      do {
        result = (int) FLOCK.invokeExact(s.state, fd, operation);
      } while (result < 0 && s.errno() == Errno.EINTR);
      return result;
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int fcntl(Scratch s, int fd, int command, int argument) {
    try {
      return (int) FCNTL.invokeExact(s.state, fd, command, argument);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int fchown(Scratch s, int fd, long uid, long gid) {
    try {
      return (int) FCHOWN.invokeExact(s.state, fd, (int) uid, (int) gid);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int fchmod(Scratch s, int fd, int mode) {
    try {
      return (int) FCHMOD.invokeExact(s.state, fd, mode);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int lchownat(Scratch s, int dir, MemorySegment path, long uid, long gid) {
    try {
      return (int)
          FCHOWNAT.invokeExact(s.state, dir, path, (int) uid, (int) gid, AT_SYMLINK_NOFOLLOW);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int fchmodat2(Scratch s, int dir, MemorySegment path, int mode) {
    try {
      return (int)
          (long)
              SYSCALL_FCHMODAT2.invokeExact(
                  s.state, NR_FCHMODAT2, dir, path, mode, AT_SYMLINK_NOFOLLOW);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int chmod(Scratch s, MemorySegment path, int mode) {
    try {
      return (int) CHMOD.invokeExact(s.state, path, mode);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** Sets both times; the scratch's struct is overwritten. */
  static int futimens(Scratch s, int fd, long seconds, int nanos) {
    times(s, seconds, nanos);
    try {
      return (int) FUTIMENS.invokeExact(s.state, fd, s.struct);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int lutimensat(Scratch s, int dir, MemorySegment path, long seconds, int nanos) {
    times(s, seconds, nanos);
    try {
      return (int) UTIMENSAT.invokeExact(s.state, dir, path, s.struct, AT_SYMLINK_NOFOLLOW);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private static void times(Scratch s, long seconds, int nanos) {
    for (int offset = 0; offset < 32; offset += 16) {
      s.struct.set(JAVA_LONG, offset, seconds);
      s.struct.set(JAVA_LONG, offset + 8, nanos);
    }
  }

  static int mkdirat(Scratch s, int dir, MemorySegment path, int mode) {
    try {
      return (int) MKDIRAT.invokeExact(s.state, dir, path, mode);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int mknodat(Scratch s, int dir, MemorySegment path, int mode, int major, int minor) {
    // gnu_dev_makedev(3): minor's low byte, 12 bits of major, the rest of minor, the rest of major.
    long device =
        (minor & 0xffL)
            | ((major & 0xfffL) << 8)
            | ((minor & 0xffff_ff00L) << 12)
            | ((major & 0xffff_f000L) << 32);
    try {
      return (int) MKNODAT.invokeExact(s.state, dir, path, mode, device);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int symlinkat(Scratch s, MemorySegment target, int dir, MemorySegment path) {
    try {
      return (int) SYMLINKAT.invokeExact(s.state, target, dir, path);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int linkat(Scratch s, int from, MemorySegment old, int to, MemorySegment path) {
    try {
      return (int) LINKAT.invokeExact(s.state, from, old, to, path, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static long readlinkat(Scratch s, int dir, MemorySegment path, MemorySegment buffer) {
    try {
      return (long) READLINKAT.invokeExact(s.state, dir, path, buffer, buffer.byteSize());
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int renameat2(
      Scratch s, int from, MemorySegment old, int to, MemorySegment path, int flags) {
    try {
      return (int) RENAMEAT2.invokeExact(s.state, from, old, to, path, flags);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int unlinkat(Scratch s, int dir, MemorySegment path, int flags) {
    try {
      return (int) UNLINKAT.invokeExact(s.state, dir, path, flags);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static long flistxattr(Scratch s, int fd, MemorySegment buffer) {
    try {
      return (long) FLISTXATTR.invokeExact(s.state, fd, buffer, buffer.byteSize());
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static long llistxattr(Scratch s, MemorySegment path, MemorySegment buffer) {
    try {
      return (long) LLISTXATTR.invokeExact(s.state, path, buffer, buffer.byteSize());
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static long fgetxattr(Scratch s, int fd, MemorySegment name, MemorySegment buffer) {
    try {
      return (long) FGETXATTR.invokeExact(s.state, fd, name, buffer, buffer.byteSize());
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static long lgetxattr(Scratch s, MemorySegment path, MemorySegment name, MemorySegment buffer) {
    try {
      return (long) LGETXATTR.invokeExact(s.state, path, name, buffer, buffer.byteSize());
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int fsetxattr(Scratch s, int fd, MemorySegment name, MemorySegment value, long size) {
    try {
      return (int) FSETXATTR.invokeExact(s.state, fd, name, value, size, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int lsetxattr(
      Scratch s, MemorySegment path, MemorySegment name, MemorySegment value, long size) {
    try {
      return (int) LSETXATTR.invokeExact(s.state, path, name, value, size, 0);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  static int lremovexattr(Scratch s, MemorySegment path, MemorySegment name) {
    try {
      return (int) LREMOVEXATTR.invokeExact(s.state, path, name);
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  /** A downcall handle throws only if its type and the call disagree: a defect of this file. */
  private static AssertionError impossible(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return new AssertionError(e);
  }
}
