package dev.slipway.builder.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;

/** What this process can do to itself. */
public final class Self {
  private static final int PR_SET_DUMPABLE = 4;
  private static final int PR_SET_CHILD_SUBREAPER = 36;
  private static final int F_SETFD = 2;
  private static final int CLOSE_RANGE_CLOEXEC = 4;

  private Self() {}

  /**
   * Takes the right to read this process's memory, environment and open files, or to trace it, from
   * everybody without CAP_SYS_PTRACE, processes of the same user included.
   */
  public static void forbidInspection() throws LinuxException {
    control(PR_SET_DUMPABLE, "PR_SET_DUMPABLE", 0);
  }

  /**
   * Makes this process the new parent of every descendant whose own parent ends, for as long as it
   * lives: see {@link Processes}.
   */
  public static void adoptOrphans() throws LinuxException {
    control(PR_SET_CHILD_SUBREAPER, "PR_SET_CHILD_SUBREAPER", 1);
  }

  private static void control(int option, String name, long value) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      long result = Syscall.PRCTL.call(Native.newState(arena), option, value, 0, 0, 0);
      if (result < 0) {
        throw new LinuxException("prctl", name, (int) -result);
      }
    }
  }

  /**
   * Becomes another program, in the same process. Open descriptors do not survive, but for {@code
   * kept}. Nothing of this program runs afterwards, no shutdown hook either.
   *
   * @return why the program could not be executed; only then does it return
   */
  public static LinuxException execute(
      String program, List<String> argv, Map<String, String> environment, List<Descriptor> kept) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Native.newState(arena);
      // The JDK opens files without close-on-exec: it closes them itself before its own children
      // start, which here nobody would.
      Syscall.CLOSE_RANGE.call(state, 3, 0xffff_ffffL, CLOSE_RANGE_CLOEXEC);
      for (Descriptor descriptor : kept) {
        Syscall.FCNTL.call(state, descriptor.number(), F_SETFD, 0);
      }
      long arguments = strings(arena, argv);
      long variables =
          strings(
              arena,
              environment.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
      long result =
          Syscall.EXECVE.call(
              state,
              Native.cString(arena, FileName.encode(program)).address(),
              arguments,
              variables);
      return new LinuxException("execve", program, (int) -result);
    }
  }

  /**
   * Ends this process at once, as {@code _exit(2)} does: no shutdown hook runs, and what standard
   * output still buffers is lost.
   */
  public static void exit(int status) {
    try (Arena arena = Arena.ofConfined()) {
      Syscall.EXIT_GROUP.call(Native.newState(arena), status);
    }
    throw new IllegalStateException("exit_group returned");
  }

  private static long strings(Arena arena, List<String> strings) {
    MemorySegment array = arena.allocate(8L * (strings.size() + 1), 8);
    for (int i = 0; i < strings.size(); i++) {
      MemorySegment string = Native.cString(arena, FileName.encode(strings.get(i)));
      array.setAtIndex(ValueLayout.JAVA_LONG, i, string.address());
    }
    return array.address();
  }
}
