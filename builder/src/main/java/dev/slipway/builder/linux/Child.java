package dev.slipway.builder.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A process that a {@link ChildScript} started, held by a descriptor: its number is never reused.
 */
public final class Child implements AutoCloseable {
  private final int pid;
  private final Descriptor descriptor;

  Child(int pid, Descriptor descriptor) {
    this.pid = pid;
    this.descriptor = descriptor;
  }

  public int pid() {
    return pid;
  }

  /** Readable, in the sense of poll(2), once the process has ended. */
  public Descriptor descriptor() {
    return descriptor;
  }

  /** Sends a signal; to a process that has ended it does nothing. From any thread. */
  public void signal(int signal) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      long result =
          Syscall.PIDFD_SEND_SIGNAL.call(Native.newState(arena), descriptor.number(), signal, 0, 0);
      if (result < 0 && result != -Errno.ESRCH) {
        throw new LinuxException("pidfd_send_signal", Integer.toString(pid), (int) -result);
      }
    }
  }

  /**
   * Waits for the end, and takes the process out of the kernel's table. Once only.
   *
   * @return how it ended, as wait(2) packs it: see {@link #exitCode} and {@link #signalOf}
   */
  public int reap() throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(4, 4);
      long result;
      do {
        result = Syscall.WAIT4.call(Native.newState(arena), pid, status.address(), 0, 0);
      } while (result == -Errno.EINTR);
      if (result < 0) {
        throw new LinuxException("wait4", Integer.toString(pid), (int) -result);
      }
      return status.get(ValueLayout.JAVA_INT, 0);
    }
  }

  /** The signal that ended the process, 0 if none did. */
  public static int signalOf(int status) {
    return status & 0x7f;
  }

  /** The exit code of a process that no signal ended. */
  public static int exitCode(int status) {
    return (status >> 8) & 0xff;
  }

  @Override
  public void close() {
    descriptor.close();
  }
}
