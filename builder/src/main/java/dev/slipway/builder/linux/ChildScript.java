package dev.slipway.builder.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a new process does before it becomes another program: a list of system calls, made by the
 * child itself, in order.
 *
 * <p>Mounting, changing root and dropping privileges must happen between {@code clone} and {@code
 * execve}, in the child, where no Java can run. So a script is written down first, in memory that
 * the child shares (CLONE_VM), and carried out by {@link ChildCode}. The parent's thread sleeps
 * meanwhile (CLONE_VFORK); it knows each call's result afterwards, so that a failure names the call
 * and the reason. There is no helper program, and nothing of the builder's stays open or mapped
 * after the {@code execve}.
 *
 * <p>A script is for one start and one thread.
 */
public final class ChildScript implements AutoCloseable {
  // CLONE_* of <linux/sched.h>.
  public static final long NEW_MOUNTS = 0x00020000;
  public static final long NEW_HOSTNAME = 0x04000000;
  public static final long NEW_IPC = 0x08000000;
  public static final long NEW_USERS = 0x10000000;
  public static final long NEW_PIDS = 0x20000000;
  public static final long NEW_NETWORK = 0x40000000;

  private static final long CLONE_VM = 0x100;
  private static final long CLONE_PIDFD = 0x1000;
  private static final long CLONE_VFORK = 0x4000;
  private static final int SIGCHLD = 17;
  private static final int SIGKILL = 9;
  private static final int SIGSTOP = 19;
  private static final int SIGNALS = 64;

  private static final int AT_FDCWD = FileCalls.AT_FDCWD;
  private static final int S_IFREG = 0100000;
  private static final int MOVE_MOUNT_F_EMPTY_PATH = 4;
  private static final int MOVE_MOUNT_T_SYMLINKS = 0x10;

  private static final int PR_SET_PDEATHSIG = 1;
  private static final int PR_SET_SECCOMP = 22;
  private static final int PR_CAPBSET_DROP = 24;
  private static final int PR_CAP_AMBIENT = 47;
  private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;
  private static final int SECCOMP_MODE_FILTER = 2;
  private static final int LINUX_CAPABILITY_VERSION_3 = 0x20080522;
  private static final int KEYCTL_JOIN_SESSION_KEYRING = 1;
  private static final int SIOCSIFFLAGS = 0x8914;
  private static final int TIOCSCTTY = 0x540E;
  private static final int AF_INET = 2;
  private static final int SOCK_DGRAM = 2;

  /** Words of a step: number, six arguments, where the result goes, which error may be. */
  private static final int WORDS = 9;

  private static final int RESULT_WORD = 7;
  private static final int TOLERATED_WORD = 8;

  private static final int NOTHING = 0;
  private static final int ANYTHING = 1;

  /**
   * A step. Its result may be an argument of a later step: then {@code consumer} is that step and
   * {@code word} the argument's place.
   */
  private static final class Step {
    final Syscall call;
    final String subject;
    final int tolerated;
    final long[] arguments;
    @Nullable Step consumer;
    int word;

    Step(Syscall call, String subject, int tolerated, long[] arguments) {
      this.call = call;
      this.subject = subject;
      this.tolerated = tolerated;
      this.arguments = arguments;
    }
  }

  private final Arena arena = Arena.ofShared();
  private final List<Step> steps = new ArrayList<>();
  private int tolerated;

  /** The next step may fail: the script goes on. */
  public ChildScript tolerating() {
    tolerated = ANYTHING;
    return this;
  }

  /** The next step may fail with this error, and no other. */
  public ChildScript tolerating(int errno) {
    tolerated = -errno;
    return this;
  }

  public void mount(
      String source, String target, @Nullable String type, long flags, @Nullable String data) {
    String subject = (type == null ? source : type) + " on " + target;
    add(Syscall.MOUNT, subject, text(source), text(target), text(type), flags, text(data));
  }

  public void unmount(String target, int flags) {
    add(Syscall.UMOUNT2, target, text(target), flags);
  }

  /** Attaches a detached mount; links in {@code target} are followed, the last one too. */
  public void attach(int mount, String target) {
    add(
        Syscall.MOVE_MOUNT,
        "to " + target,
        mount,
        text(""),
        AT_FDCWD,
        text(target),
        MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
  }

  /** The result of a step that a later step takes as its descriptor; at most one takes it. */
  public static final class Result {
    private final Step step;

    private Result(Step step) {
      this.step = step;
    }
  }

  /** A detached copy of the mount at {@code path}. */
  public Result copyTree(String path) {
    long flags = Mounts.OPEN_TREE_CLONE | Mounts.OPEN_TREE_CLOEXEC;
    return new Result(add(Syscall.OPEN_TREE, path, AT_FDCWD, text(path), flags));
  }

  /** As {@link #attach(int, String)}, of an earlier step's result. */
  public void attach(Result mount, String target) {
    attach(-1, target);
    feed(mount.step, steps.getLast());
  }

  /** Moves the mount at {@code source} over {@code target}. */
  public void move(String source, String target) {
    add(
        Syscall.MOVE_MOUNT,
        source + " to " + target,
        AT_FDCWD,
        text(source),
        AT_FDCWD,
        text(target),
        0);
  }

  public void pivotRoot(String root, String old) {
    add(Syscall.PIVOT_ROOT, root, text(root), text(old));
  }

  public void changeRoot(String path) {
    add(Syscall.CHROOT, path, text(path));
  }

  public void changeDirectory(String path) {
    add(Syscall.CHDIR, path, text(path));
  }

  public void changeDirectory(int descriptor) {
    add(Syscall.FCHDIR, "", descriptor);
  }

  public void makeDirectory(String path, int mode) {
    add(Syscall.MKDIRAT, path, AT_FDCWD, text(path), mode);
  }

  /** Makes an empty regular file. */
  public void makeFile(String path, int mode) {
    add(Syscall.MKNODAT, path, AT_FDCWD, text(path), S_IFREG | mode, 0);
  }

  public void makeLink(String target, String path) {
    add(Syscall.SYMLINKAT, path, text(target), AT_FDCWD, text(path));
  }

  /** Writes a short text to a file that exists, such as one of {@code /proc}. */
  public void write(String path, String content) {
    int may = tolerated;
    byte[] bytes = content.getBytes(StandardCharsets.US_ASCII);
    Step open = add(Syscall.OPENAT, path, AT_FDCWD, text(path), FileCalls.O_WRONLY, 0);
    tolerated = may;
    Step write = add(Syscall.WRITE, path, -1, Native.cString(arena, bytes).address(), bytes.length);
    feed(open, write);
  }

  public void hostname(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    add(Syscall.SETHOSTNAME, name, Native.cString(arena, bytes).address(), bytes.length);
  }

  /** Brings the loopback interface up, in a network namespace that is new. */
  public void loopback() {
    int may = tolerated;
    Step socket = add(Syscall.SOCKET, "", AF_INET, SOCK_DGRAM, 0);
    // struct ifreq: char ifr_name[16]; short ifr_flags = IFF_UP | IFF_RUNNING.
    MemorySegment request = arena.allocate(40, 8);
    MemorySegment.copy(new byte[] {'l', 'o'}, 0, request, ValueLayout.JAVA_BYTE, 0, 2);
    request.set(ValueLayout.JAVA_SHORT, 16, (short) 0x41);
    tolerated = may;
    feed(socket, add(Syscall.IOCTL, "SIOCSIFFLAGS lo", -1, SIOCSIFFLAGS, request.address()));
  }

  public void umask(int mask) {
    add(Syscall.UMASK, "", mask);
  }

  /** A new session without a terminal. */
  public void session() {
    add(Syscall.SETSID, "");
  }

  /** Makes the terminal of standard input the controlling one of this session. */
  public void controllingTerminal() {
    add(Syscall.IOCTL, "TIOCSCTTY", 0, TIOCSCTTY, 0);
  }

  /** An anonymous session keyring, so that the parent's keys are out of reach. */
  public void keyring() {
    add(Syscall.KEYCTL, "", KEYCTL_JOIN_SESSION_KEYRING, 0);
  }

  /** Makes {@code number} a descriptor of what {@code source} is, kept open by execve. */
  public void duplicate(int source, int number) {
    add(Syscall.DUP3, number + " of " + source, source, number, 0);
  }

  /** Makes a file standard input. */
  public void input(String path) {
    Step open = add(Syscall.OPENAT, path, AT_FDCWD, text(path), FileCalls.O_RDONLY, 0);
    feed(open, add(Syscall.DUP3, "0 of " + path, -1, 0, 0));
  }

  /** Closes every descriptor from {@code first} on. */
  public void closeFrom(int first) {
    add(Syscall.CLOSE_RANGE, "", first, 0xffff_ffffL, 0);
  }

  /** Sets a resource limit, of {@code RLIMIT_*}; -1 is unlimited. */
  public void limit(int resource, String name, long soft, long hard) {
    MemorySegment limits = arena.allocate(16, 8);
    limits.set(ValueLayout.JAVA_LONG, 0, soft);
    limits.set(ValueLayout.JAVA_LONG, 8, hard);
    add(Syscall.PRLIMIT64, "of " + name, 0, resource, limits.address(), 0);
  }

  public void groups(Collection<Integer> groups) {
    MemorySegment list = arena.allocate(4L * groups.size() + 4, 4);
    int i = 0;
    for (int group : groups) {
      list.setAtIndex(ValueLayout.JAVA_INT, i++, group);
    }
    add(Syscall.SETGROUPS, groups.toString(), groups.size(), list.address());
  }

  public void gid(int gid) {
    long id = gid & 0xffff_ffffL;
    add(Syscall.SETRESGID, Long.toString(id), id, id, id);
  }

  /** Sets the user; leaving root leaves all capabilities. */
  public void uid(int uid) {
    long id = uid & 0xffff_ffffL;
    add(Syscall.SETRESUID, Long.toString(id), id, id, id);
  }

  /**
   * Takes a capability out of the bounding set: no program that is executed later can have it. A
   * number that this kernel does not know is passed over.
   */
  public void dropFromBoundingSet(int capability) {
    tolerating(Errno.EINVAL);
    add(Syscall.PRCTL, "PR_CAPBSET_DROP " + capability, PR_CAPBSET_DROP, capability);
  }

  /** Has exactly these capabilities, none of them inheritable or ambient. */
  public void capabilities(long set) {
    add(Syscall.PRCTL, "PR_CAP_AMBIENT", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    MemorySegment header = arena.allocate(8, 4);
    header.set(ValueLayout.JAVA_INT, 0, LINUX_CAPABILITY_VERSION_3);
    // Two of struct __user_cap_data_struct: effective, permitted, inheritable.
    MemorySegment data = arena.allocate(24, 4);
    for (int half = 0; half < 2; half++) {
      int bits = (int) (set >>> (32 * half));
      data.set(ValueLayout.JAVA_INT, 12L * half, bits);
      data.set(ValueLayout.JAVA_INT, 12L * half + 4, bits);
    }
    add(Syscall.CAPSET, "", header.address(), data.address());
  }

  /**
   * Installs a seccomp filter.
   *
   * @param program instructions of struct sock_filter, eight bytes each, in the machine's byte
   *     order
   */
  public void seccomp(byte[] program) {
    MemorySegment code = arena.allocate(program.length, 8);
    MemorySegment.copy(program, 0, code, ValueLayout.JAVA_BYTE, 0, program.length);
    MemorySegment header = arena.allocate(16, 8);
    header.set(ValueLayout.JAVA_SHORT, 0, (short) (program.length / 8));
    header.set(ValueLayout.JAVA_LONG, 8, code.address());
    add(Syscall.PRCTL, "PR_SET_SECCOMP", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header.address());
  }

  /**
   * SIGKILL when the thread that starts this script ends. A change of user forgets it, so it comes
   * after that.
   */
  public void dieWithParent() {
    add(Syscall.PRCTL, "PR_SET_PDEATHSIG", PR_SET_PDEATHSIG, SIGKILL);
  }

  /** Default actions for all signals, and none blocked: the state that a program may expect. */
  public void defaultSignals() {
    MemorySegment action = arena.allocate(32, 8);
    for (int signal = 1; signal <= SIGNALS; signal++) {
      if (signal != SIGKILL && signal != SIGSTOP) {
        add(Syscall.RT_SIGACTION, "of " + signal, signal, action.address(), 0, 8);
      }
    }
    MemorySegment none = arena.allocate(8, 8);
    add(Syscall.RT_SIGPROCMASK, "", 2 /* SIG_SETMASK */, none.address(), 0, 8);
  }

  /** Ends the process, for a script that only tries what is possible. */
  public void exit(int code) {
    add(Syscall.EXIT_GROUP, "", code);
  }

  /**
   * Becomes another program: the first of {@code paths} that can be executed. The last one's
   * failure is the script's.
   */
  public void execute(List<String> paths, List<String> argv, List<String> environment) {
    long arguments = texts(argv);
    long variables = texts(environment);
    for (int i = 0; i < paths.size(); i++) {
      tolerated = i < paths.size() - 1 ? ANYTHING : NOTHING;
      add(Syscall.EXECVE, paths.get(i), text(paths.get(i)), arguments, variables);
    }
  }

  /**
   * Starts the process. Returns when it runs the program, or when a script that ends by {@link
   * #exit} has ended.
   *
   * @param namespaces of {@code NEW_*}: in which the script and the program run
   * @throws LinuxException naming the call that failed; the process is gone then
   */
  public Child start(long namespaces) throws LinuxException {
    MemorySegment table = arena.allocate(8L * WORDS * steps.size(), 8);
    MemorySegment results = arena.allocate(8L * steps.size(), 8);
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      long base = (long) WORDS * i;
      table.setAtIndex(ValueLayout.JAVA_LONG, base, step.call.number());
      for (int word = 0; word < step.arguments.length; word++) {
        table.setAtIndex(ValueLayout.JAVA_LONG, base + 1 + word, step.arguments[word]);
      }
      Step consumer = step.consumer;
      long result =
          consumer == null
              ? results.address() + 8L * i
              : table.address() + 8L * (WORDS * (long) steps.indexOf(consumer) + 1 + step.word);
      table.setAtIndex(ValueLayout.JAVA_LONG, base + RESULT_WORD, result);
      table.setAtIndex(ValueLayout.JAVA_LONG, base + TOLERATED_WORD, step.tolerated);
    }
    MemorySegment frame = arena.allocate(48, 8);
    long flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD | namespaces;
    frame.set(ValueLayout.JAVA_LONG, 0, flags);
    frame.set(ValueLayout.JAVA_LONG, 16, table.address());
    frame.set(ValueLayout.JAVA_LONG, 32, -1L);
    long pid = ChildCode.start(frame);
    if (pid < 0) {
      throw new LinuxException("clone", describe(namespaces), (int) -pid);
    }
    Child child = new Child((int) pid, new Descriptor(frame.get(ValueLayout.JAVA_INT, 8)));
    long error = frame.get(ValueLayout.JAVA_LONG, 24);
    if (error < 0) {
      child.reap();
      child.close();
      long index = (frame.get(ValueLayout.JAVA_LONG, 16) - table.address()) / (8L * WORDS);
      throw failure((int) index, (int) -error, results);
    }
    return child;
  }

  /** Of several places for a program, the one where it is says more than those where it is not. */
  private LinuxException failure(int index, int errno, MemorySegment results) {
    Step failed = steps.get(index);
    if (failed.call == Syscall.EXECVE) {
      for (int i = 0; i < index; i++) {
        int earlier = (int) -results.getAtIndex(ValueLayout.JAVA_LONG, i);
        if (steps.get(i).call == Syscall.EXECVE
            && earlier != Errno.ENOENT
            && earlier != Errno.ENOTDIR) {
          return new LinuxException("execve", steps.get(i).subject, earlier);
        }
      }
    }
    return new LinuxException(failed.call.label(), failed.subject, errno);
  }

  private static String describe(long namespaces) {
    return namespaces == 0 ? "a process" : "a process in new namespaces";
  }

  private Step add(Syscall call, String subject, long... arguments) {
    Step step = new Step(call, subject, tolerated, arguments);
    tolerated = NOTHING;
    steps.add(step);
    return step;
  }

  private static void feed(Step producer, Step consumer) {
    producer.consumer = consumer;
    producer.word = 0;
  }

  private long text(@Nullable String text) {
    return text == null ? 0 : Native.cString(arena, FileName.encode(text)).address();
  }

  /** A NULL-terminated array of strings. */
  private long texts(List<String> texts) {
    MemorySegment array = arena.allocate(8L * (texts.size() + 1), 8);
    for (int i = 0; i < texts.size(); i++) {
      array.setAtIndex(ValueLayout.JAVA_LONG, i, text(texts.get(i)));
    }
    return array.address();
  }

  /** Frees the script's memory. */
  @Override
  public void close() {
    arena.close();
  }
}
