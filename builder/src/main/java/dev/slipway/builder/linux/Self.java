package dev.slipway.builder.linux;

import java.lang.foreign.Arena;

/** What this process can set of itself. */
public final class Self {
  private static final int PR_SET_DUMPABLE = 4;

  private Self() {}

  /**
   * Takes the right to read this process's memory, environment and open files, or to trace it, from
   * everybody without CAP_SYS_PTRACE, processes of the same user included.
   */
  public static void forbidInspection() throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      long result = Syscall.PRCTL.call(Native.newState(arena), PR_SET_DUMPABLE, 0, 0, 0, 0);
      if (result < 0) {
        throw new LinuxException("prctl", "PR_SET_DUMPABLE", (int) -result);
      }
    }
  }
}
