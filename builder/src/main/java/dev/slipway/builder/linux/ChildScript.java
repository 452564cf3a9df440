package dev.slipway.builder.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a new process does before it becomes another program: a list of system calls, made by the
 * child itself, in order.
 *
 * <p>Mounting, changing root and dropping privileges must happen between {@code clone} and {@code
 * execve}, in the child, where no Java can run. So a script is written down first, in memory that
 * the child shares (CLONE_VM), and carried out by {@link ChildCode}: see {@link CallTable}. There
 * is no helper program, and nothing of the builder's stays open or mapped after the {@code execve}.
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
  private static final int PR_SET_CHILD_SUBREAPER = 36;
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int PR_CAP_AMBIENT = 47;
  private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;
  private static final int SECCOMP_MODE_FILTER = 2;
  private static final int LINUX_CAPABILITY_VERSION_3 = 0x20080522;
  private static final int KEYCTL_JOIN_SESSION_KEYRING = 1;
  private static final int SIOCSIFFLAGS = 0x8914;
  private static final int TIOCSCTTY = 0x540E;
  private static final int AF_INET = 2;
  private static final int SOCK_DGRAM = 2;

  private final CallTable calls = new CallTable();

  /** The next step may fail: the script goes on. */
  public ChildScript tolerating() {
    calls.tolerateAnything();
    return this;
  }

  /** The next step may fail with this error, and no other. */
  public ChildScript tolerating(int errno) {
    calls.tolerate(errno);
    return this;
  }

  public void mount(
      String source, String target, @Nullable String type, long flags, @Nullable String data) {
    String subject = (type == null ? source : type) + " on " + target;
    calls.add(
        Syscall.MOUNT,
        subject,
        calls.text(source),
        calls.text(target),
        calls.text(type),
        flags,
        calls.text(data));
  }

  public void unmount(String target, int flags) {
    calls.add(Syscall.UMOUNT2, target, calls.text(target), flags);
  }

  /** Attaches a detached mount; links in {@code target} are followed, the last one too. */
  public void attach(int mount, String target) {
    attachment(mount, target);
  }

  private CallTable.Call attachment(int mount, String target) {
    return calls.add(
        Syscall.MOVE_MOUNT,
        "to " + target,
        mount,
        calls.text(""),
        AT_FDCWD,
        calls.text(target),
        MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
  }

  /** The result of a step that a later step takes as its descriptor; at most one takes it. */
  public static final class Result {
    private final CallTable.Call call;

    private Result(CallTable.Call call) {
      this.call = call;
    }
  }

  /** A detached copy of the mount at {@code path}. */
  public Result copyTree(String path) {
    long flags = Mounts.OPEN_TREE_CLONE | Mounts.OPEN_TREE_CLOEXEC;
    return new Result(calls.add(Syscall.OPEN_TREE, path, AT_FDCWD, calls.text(path), flags));
  }

  /** As {@link #attach(int, String)}, of an earlier step's result. */
  public void attach(Result mount, String target) {
    mount.call.feed(attachment(-1, target));
  }

  /** Moves the mount at {@code source} over {@code target}. */
  public void move(String source, String target) {
    calls.add(
        Syscall.MOVE_MOUNT,
        source + " to " + target,
        AT_FDCWD,
        calls.text(source),
        AT_FDCWD,
        calls.text(target),
        0);
  }

  public void pivotRoot(String root, String old) {
    calls.add(Syscall.PIVOT_ROOT, root, calls.text(root), calls.text(old));
  }

  public void changeRoot(String path) {
    calls.add(Syscall.CHROOT, path, calls.text(path));
  }

  public void changeDirectory(String path) {
    calls.add(Syscall.CHDIR, path, calls.text(path));
  }

  public void changeDirectory(int descriptor) {
    calls.add(Syscall.FCHDIR, "", descriptor);
  }

  public void makeDirectory(String path, int mode) {
    calls.add(Syscall.MKDIRAT, path, AT_FDCWD, calls.text(path), mode);
  }

  /** Makes an empty regular file. */
  public void makeFile(String path, int mode) {
    calls.add(Syscall.MKNODAT, path, AT_FDCWD, calls.text(path), S_IFREG | mode, 0);
  }

  public void makeLink(String target, String path) {
    calls.add(Syscall.SYMLINKAT, path, calls.text(target), AT_FDCWD, calls.text(path));
  }

  /** Writes a short text to a file that exists, such as one of {@code /proc}. */
  public void write(String path, String content) {
    byte[] bytes = content.getBytes(StandardCharsets.US_ASCII);
    calls.addWithResult(
        open(path, FileCalls.O_WRONLY), Syscall.WRITE, path, calls.bytes(bytes), bytes.length);
  }

  public void hostname(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    calls.add(Syscall.SETHOSTNAME, name, calls.bytes(bytes), bytes.length);
  }

  /** Brings the loopback interface up, in a network namespace that is new. */
  public void loopback() {
    CallTable.Call socket = calls.add(Syscall.SOCKET, "", AF_INET, SOCK_DGRAM, 0);
    // struct ifreq: char ifr_name[16]; short ifr_flags = IFF_UP | IFF_RUNNING.
    MemorySegment request = calls.memory(40);
    MemorySegment.copy(new byte[] {'l', 'o'}, 0, request, ValueLayout.JAVA_BYTE, 0, 2);
    request.set(ValueLayout.JAVA_SHORT, 16, (short) 0x41);
    calls.addWithResult(socket, Syscall.IOCTL, "SIOCSIFFLAGS lo", SIOCSIFFLAGS, request.address());
  }

  public void umask(int mask) {
    calls.add(Syscall.UMASK, "", mask);
  }

  /** A new session without a terminal. */
  public void session() {
    calls.add(Syscall.SETSID, "");
  }

  /** Makes the terminal of standard input the controlling one of this session. */
  public void controllingTerminal() {
    calls.add(Syscall.IOCTL, "TIOCSCTTY", 0, TIOCSCTTY, 0);
  }

  /** An anonymous session keyring, so that the parent's keys are out of reach. */
  public void keyring() {
    calls.add(Syscall.KEYCTL, "", KEYCTL_JOIN_SESSION_KEYRING, 0);
  }

  /** Makes {@code number} a descriptor of what {@code source} is, kept open by execve. */
  public void duplicate(int source, int number) {
    calls.add(Syscall.DUP3, number + " of " + source, source, number, 0);
  }

  /** Makes a file standard input. */
  public void input(String path) {
    calls.addWithResult(open(path, FileCalls.O_RDONLY), Syscall.DUP3, "0 of " + path, 0, 0);
  }

  private CallTable.Call open(String path, int flags) {
    return calls.add(Syscall.OPENAT, path, AT_FDCWD, calls.text(path), flags, 0);
  }

  /** Closes every descriptor from {@code first} on. */
  public void closeFrom(int first) {
    calls.add(Syscall.CLOSE_RANGE, "", first, 0xffff_ffffL, 0);
  }

  /** Sets a resource limit, of {@code RLIMIT_*}; -1 is unlimited. */
  public void limit(int resource, String name, long soft, long hard) {
    MemorySegment limits = calls.memory(16);
    limits.set(ValueLayout.JAVA_LONG, 0, soft);
    limits.set(ValueLayout.JAVA_LONG, 8, hard);
    calls.add(Syscall.PRLIMIT64, "of " + name, 0, resource, limits.address(), 0);
  }

  public void groups(Collection<Integer> groups) {
    MemorySegment list = calls.memory(4L * groups.size() + 4);
    int i = 0;
    for (int group : groups) {
      list.setAtIndex(ValueLayout.JAVA_INT, i++, group);
    }
    calls.add(Syscall.SETGROUPS, groups.toString(), groups.size(), list.address());
  }

  public void gid(int gid) {
    long id = gid & 0xffff_ffffL;
    calls.add(Syscall.SETRESGID, Long.toString(id), id, id, id);
  }

  /** Sets the user; leaving root leaves all capabilities. */
  public void uid(int uid) {
    long id = uid & 0xffff_ffffL;
    calls.add(Syscall.SETRESUID, Long.toString(id), id, id, id);
  }

  /**
   * Takes a capability out of the bounding set: no program that is executed later can have it. A
   * number that this kernel does not know is passed over.
   */
  public void dropFromBoundingSet(int capability) {
    tolerating(Errno.EINVAL);
    calls.add(Syscall.PRCTL, "PR_CAPBSET_DROP " + capability, PR_CAPBSET_DROP, capability);
  }

  /** Has exactly these capabilities, none of them inheritable or ambient. */
  public void capabilities(long set) {
    calls.add(Syscall.PRCTL, "PR_CAP_AMBIENT", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    MemorySegment header = calls.memory(8);
    header.set(ValueLayout.JAVA_INT, 0, LINUX_CAPABILITY_VERSION_3);
    // Two of struct __user_cap_data_struct: effective, permitted, inheritable.
    MemorySegment data = calls.memory(24);
    for (int half = 0; half < 2; half++) {
      int bits = (int) (set >>> (32 * half));
      data.set(ValueLayout.JAVA_INT, 12L * half, bits);
      data.set(ValueLayout.JAVA_INT, 12L * half + 4, bits);
    }
    calls.add(Syscall.CAPSET, "", header.address(), data.address());
  }

  /**
   * Installs a seccomp filter.
   *
   * @param program instructions of struct sock_filter, eight bytes each, in the machine's byte
   *     order
   */
  public void seccomp(byte[] program) {
    MemorySegment code = calls.memory(program.length);
    MemorySegment.copy(program, 0, code, ValueLayout.JAVA_BYTE, 0, program.length);
    MemorySegment header = calls.memory(16);
    header.set(ValueLayout.JAVA_SHORT, 0, (short) (program.length / 8));
    header.set(ValueLayout.JAVA_LONG, 8, code.address());
    calls.add(
        Syscall.PRCTL, "PR_SET_SECCOMP", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header.address());
  }

  /**
   * SIGKILL when the thread that starts this script ends. A change of user forgets it, so it comes
   * after that.
   */
  public void dieWithParent() {
    calls.add(Syscall.PRCTL, "PR_SET_PDEATHSIG", PR_SET_PDEATHSIG, SIGKILL);
  }

  /** Default actions for all signals, and none blocked: the state that a program may expect. */
  public void defaultSignals() {
    MemorySegment action = calls.memory(32);
    for (int signal = 1; signal <= SIGNALS; signal++) {
      if (signal != SIGKILL && signal != SIGSTOP) {
        calls.add(Syscall.RT_SIGACTION, "of " + signal, signal, action.address(), 0, 8);
      }
    }
    MemorySegment none = calls.memory(8);
    calls.add(Syscall.RT_SIGPROCMASK, "", 2 /* SIG_SETMASK */, none.address(), 0, 8);
  }

  /** Ends the process, for a script that only tries what is possible. */
  public void exit(int code) {
    calls.add(Syscall.EXIT_GROUP, "", code);
  }

  /**
   * Becomes another program: the first of {@code paths} that can be executed. The last one's
   * failure is the script's.
   */
  public void execute(List<String> paths, List<String> argv, List<String> environment) {
    long arguments = calls.texts(argv);
    long variables = calls.texts(environment);
    for (int i = 0; i < paths.size(); i++) {
      if (i < paths.size() - 1) {
        calls.tolerateAnything();
      }
      calls.add(Syscall.EXECVE, paths.get(i), calls.text(paths.get(i)), arguments, variables);
    }
  }

  /** No program that is executed later gains rights by its set-user-ID bit or its capabilities. */
  public void noNewPrivileges() {
    calls.add(Syscall.PRCTL, "PR_SET_NO_NEW_PRIVS", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  }

  /** Applies a ruleset; needs {@link #noNewPrivileges} before. */
  public void restrict(Descriptor landlock) {
    calls.add(Syscall.LANDLOCK_RESTRICT_SELF, "", landlock.number(), 0);
  }

  /** Makes the program the new parent of descendants whose own has ended, as a container's is. */
  public void adoptOrphans() {
    calls.add(Syscall.PRCTL, "PR_SET_CHILD_SUBREAPER", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  }

  /**
   * Starts the process. Returns when it runs the program, or when a script that ends by {@link
   * #exit} has ended.
   *
   * @param namespaces of {@code NEW_*}: in which the script and the program run
   * @throws LinuxException naming the call that failed; the process is gone then
   */
  public Child start(long namespaces) throws LinuxException {
    return calls.start(namespaces);
  }

  /** Frees the script's memory. */
  @Override
  public void close() {
    calls.close();
  }
}
