package dev.slipway.builder.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * System calls that are written down for a child to make, in memory that it shares with its parent
 * (CLONE_VM): {@link ChildCode} carries them out, while the parent's thread sleeps (CLONE_VFORK).
 * Afterwards each call's result is known here, so that a failure names the call and the reason.
 */
final class CallTable implements AutoCloseable {
  private static final long CLONE_VM = 0x100;
  private static final long CLONE_PIDFD = 0x1000;
  private static final long CLONE_VFORK = 0x4000;
  private static final int SIGCHLD = 17;

  /** Words of a call: number, six arguments, where the result goes, which error may be. */
  private static final int WORDS = 9;

  private static final int RESULT_WORD = 7;
  private static final int TOLERATED_WORD = 8;

  /** How often and how long a program that somebody writes is waited for: a second in all. */
  private static final int BUSY_ATTEMPTS = 100;

  private static final Duration BUSY_PAUSE = Duration.ofMillis(10);

  private static final int NOTHING = 0;
  private static final int ANYTHING = 1;

  /**
   * A call. Its result may be an argument of a later one: then {@code consumer} is that one, which
   * takes it as its first.
   */
  static final class Call {
    private final Syscall number;
    private final String subject;
    private final int tolerated;
    private final long[] arguments;
    private @Nullable Call consumer;

    private Call(Syscall number, String subject, int tolerated, long[] arguments) {
      this.number = number;
      this.subject = subject;
      this.tolerated = tolerated;
      this.arguments = arguments;
    }

    /** Makes what this call returns the first argument of a later one. At most one takes it. */
    void feed(Call later) {
      consumer = later;
    }
  }

  private final Arena arena = Arena.ofShared();
  private final List<Call> calls = new ArrayList<>();
  private int tolerated;

  /** The next call may fail. */
  void tolerateAnything() {
    tolerated = ANYTHING;
  }

  /** The next call may fail with this error, and no other. */
  void tolerate(int errno) {
    tolerated = -errno;
  }

  Call add(Syscall number, String subject, long... arguments) {
    Call call = new Call(number, subject, tolerated, arguments);
    tolerated = NOTHING;
    calls.add(call);
    return call;
  }

  /**
   * Two calls, the second with the first one's result as its first argument; one failure of both.
   */
  void addWithResult(Call first, Syscall number, String subject, long... rest) {
    long[] arguments = new long[rest.length + 1];
    System.arraycopy(rest, 0, arguments, 1, rest.length);
    tolerated = first.tolerated;
    first.feed(add(number, subject, arguments));
  }

  MemorySegment memory(long size) {
    return arena.allocate(size, 8);
  }

  long text(@Nullable String text) {
    return text == null ? 0 : bytes(FileName.encode(text));
  }

  /** The address of a copy, ended by a NUL. */
  long bytes(byte[] bytes) {
    return Native.cString(arena, bytes).address();
  }

  /** A NULL-terminated array of strings. */
  long texts(List<String> texts) {
    MemorySegment array = arena.allocate(8L * (texts.size() + 1), 8);
    for (int i = 0; i < texts.size(); i++) {
      array.setAtIndex(ValueLayout.JAVA_LONG, i, text(texts.get(i)));
    }
    return array.address();
  }

  /** See {@link ChildScript#start}. */
  Child start(long namespaces) throws LinuxException {
    for (int attempt = 1; ; attempt++) {
      try {
        return startOnce(namespaces);
      } catch (LinuxException e) {
        // Of a program that has just been written, a child that was started meanwhile by another
        // thread still holds the descriptor, until it executes its own (golang/go#22315).
        if (e.errno() != Errno.ETXTBSY || attempt == BUSY_ATTEMPTS) {
          throw e;
        }
        LockSupport.parkNanos(BUSY_PAUSE.toNanos());
      }
    }
  }

  private Child startOnce(long namespaces) throws LinuxException {
    MemorySegment table = arena.allocate(8L * WORDS * calls.size(), 8);
    MemorySegment results = arena.allocate(8L * calls.size(), 8);
    for (int i = 0; i < calls.size(); i++) {
      Call call = calls.get(i);
      long base = (long) WORDS * i;
      table.setAtIndex(ValueLayout.JAVA_LONG, base, call.number.number());
      for (int word = 0; word < call.arguments.length; word++) {
        table.setAtIndex(ValueLayout.JAVA_LONG, base + 1 + word, call.arguments[word]);
      }
      Call consumer = call.consumer;
      long result =
          consumer == null
              ? results.address() + 8L * i
              : table.address() + 8L * (WORDS * (long) calls.indexOf(consumer) + 1);
      table.setAtIndex(ValueLayout.JAVA_LONG, base + RESULT_WORD, result);
      table.setAtIndex(ValueLayout.JAVA_LONG, base + TOLERATED_WORD, call.tolerated);
    }
    MemorySegment frame = arena.allocate(48, 8);
    long flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD | namespaces;
    frame.set(ValueLayout.JAVA_LONG, 0, flags);
    frame.set(ValueLayout.JAVA_LONG, 16, table.address());
    frame.set(ValueLayout.JAVA_LONG, 32, -1L);
    long pid = ChildCode.start(frame);
    if (pid < 0) {
      String what = namespaces == 0 ? "a process" : "a process in new namespaces";
      throw new LinuxException("clone", what, (int) -pid);
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
    Call failed = calls.get(index);
    if (failed.number == Syscall.EXECVE) {
      for (int i = 0; i < index; i++) {
        int earlier = (int) -results.getAtIndex(ValueLayout.JAVA_LONG, i);
        if (calls.get(i).number == Syscall.EXECVE
            && earlier != Errno.ENOENT
            && earlier != Errno.ENOTDIR) {
          return new LinuxException("execve", calls.get(i).subject, earlier);
        }
      }
    }
    return new LinuxException(failed.number.label(), failed.subject, errno);
  }

  @Override
  public void close() {
    arena.close();
  }
}
