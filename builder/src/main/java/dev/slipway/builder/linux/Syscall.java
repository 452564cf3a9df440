package dev.slipway.builder.linux;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/**
 * System calls by number: the C library has no name for many of them, and a {@link ChildScript}
 * needs the numbers. Calls since Linux 5.1 have one number everywhere.
 */
enum Syscall {
  READ(0, 63),
  WRITE(1, 64),
  CLOSE(3, 57),
  LSEEK(8, 62),
  MMAP(9, 222),
  MPROTECT(10, 226),
  RT_SIGACTION(13, 134),
  RT_SIGPROCMASK(14, 135),
  IOCTL(16, 29),
  PREAD64(17, 67),
  SOCKET(41, 198),
  EXECVE(59, 221),
  WAIT4(61, 260),
  KILL(62, 129),
  FCNTL(72, 25),
  FLOCK(73, 32),
  FSYNC(74, 82),
  FTRUNCATE(77, 46),
  CHDIR(80, 49),
  FCHDIR(81, 50),
  FCHMOD(91, 52),
  FCHOWN(93, 55),
  UMASK(95, 166),
  SETPGID(109, 154),
  SETSID(112, 157),
  SETGROUPS(116, 159),
  SETRESUID(117, 147),
  SETRESGID(119, 149),
  CAPSET(126, 91),
  PIVOT_ROOT(155, 41),
  PRCTL(157, 167),
  CHROOT(161, 51),
  MOUNT(165, 40),
  UMOUNT2(166, 39),
  SETHOSTNAME(170, 161),
  LSETXATTR(189, 6),
  FSETXATTR(190, 7),
  LGETXATTR(192, 9),
  FGETXATTR(193, 10),
  LLISTXATTR(195, 12),
  FLISTXATTR(196, 13),
  LREMOVEXATTR(198, 15),
  GETDENTS64(217, 61),
  EXIT_GROUP(231, 94),
  KEYCTL(250, 219),
  OPENAT(257, 56),
  MKDIRAT(258, 34),
  MKNODAT(259, 33),
  FCHOWNAT(260, 54),
  UNLINKAT(263, 35),
  LINKAT(265, 37),
  SYMLINKAT(266, 36),
  READLINKAT(267, 78),
  FCHMODAT(268, 53),
  PPOLL(271, 73),
  UNSHARE(272, 97),
  UTIMENSAT(280, 88),
  DUP3(292, 24),
  PIPE2(293, 59),
  PRLIMIT64(302, 261),
  SYNCFS(306, 267),
  SETNS(308, 268),
  RENAMEAT2(316, 276),
  COPY_FILE_RANGE(326, 285),
  STATX(332, 291),
  PIDFD_SEND_SIGNAL(424),
  OPEN_TREE(428),
  MOVE_MOUNT(429),
  FSOPEN(430),
  FSCONFIG(431),
  FSMOUNT(432),
  PIDFD_OPEN(434),
  CLOSE_RANGE(436),
  OPENAT2(437),
  MOUNT_SETATTR(442),
  LANDLOCK_CREATE_RULESET(444),
  LANDLOCK_ADD_RULE(445),
  LANDLOCK_RESTRICT_SELF(446),
  FCHMODAT2(452);

  private static final MethodHandle CALL = Native.function("syscall");

  /** The machine's architecture; only these two are known here. */
  enum Architecture {
    X86_64,
    AARCH64;

    static Architecture current() {
      return switch (System.getProperty("os.arch", "")) {
        case "amd64", "x86_64" -> X86_64;
        case "aarch64" -> AARCH64;
        case String other ->
            throw new UnsupportedOperationException(
                "the builder runs on x86-64 and arm64, not on " + other);
      };
    }
  }

  private final int x86;
  private final int arm;
  private final long here;

  Syscall(int x86, int arm) {
    this.x86 = x86;
    this.arm = arm;
    this.here = number(Architecture.current());
  }

  Syscall(int number) {
    this(number, number);
  }

  int number() {
    return number(Architecture.current());
  }

  int number(Architecture architecture) {
    return switch (architecture) {
      case X86_64 -> x86;
      case AARCH64 -> arm;
    };
  }

  /** As manuals name it. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Calls with up to six arguments; addresses as numbers, whose segments the caller keeps alive.
   *
   * @return the result, or the negative error number
   */
  long call(MemorySegment state, long... arguments) {
    long result =
        raw(
            state,
            argument(arguments, 0),
            argument(arguments, 1),
            argument(arguments, 2),
            argument(arguments, 3),
            argument(arguments, 4),
            argument(arguments, 5));
    return result < 0 ? -Native.errno(state) : result;
  }

  /**
   * As {@link #call}, without an array for the arguments.
   *
   * @return the result, or -1 with the error number in {@code state}
   */
  long raw(MemorySegment state, long a, long b, long c, long d, long e, long f) {
    try {
      return (long) CALL.invokeExact(state, here, a, b, c, d, e, f);
    } catch (Error failure) {
      throw failure;
    } catch (Throwable failure) {
      // A downcall handle throws only if its type and the call disagree: a defect of this file.
      throw new AssertionError(failure);
    }
  }

  private static long argument(long[] arguments, int index) {
    return index < arguments.length ? arguments[index] : 0;
  }
}
