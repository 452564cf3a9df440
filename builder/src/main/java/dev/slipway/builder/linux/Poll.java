package dev.slipway.builder.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Waits until one of several descriptors can be read. For one thread, a platform one. */
public final class Poll implements AutoCloseable {
  private static final short POLLIN = 1;
  private static final int SIZE = 8;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment state = Native.newState(arena);
  private final MemorySegment entries;
  private final int count;

  public Poll(Descriptor... descriptors) {
    count = descriptors.length;
    entries = arena.allocate((long) SIZE * count, 4);
    for (int i = 0; i < count; i++) {
      entries.set(ValueLayout.JAVA_INT, (long) SIZE * i, descriptors[i].number());
      entries.set(ValueLayout.JAVA_SHORT, (long) SIZE * i + 4, POLLIN);
    }
  }

  /** Waits for as long as it takes. */
  public void await() throws LinuxException {
    long result;
    do {
      result = Syscall.PPOLL.raw(state, entries.address(), count, 0, 0, 0, 0);
    } while (result < 0 && Native.errno(state) == Errno.EINTR);
    if (result < 0) {
      throw new LinuxException("ppoll", "", Native.errno(state));
    }
  }

  /** Whether the descriptor has something to read, or has come to its end. */
  public boolean ready(int index) {
    return entries.get(ValueLayout.JAVA_SHORT, (long) SIZE * index + 6) != 0;
  }

  /** Leaves a descriptor out from now on. */
  public void forget(int index) {
    entries.set(ValueLayout.JAVA_INT, (long) SIZE * index, -1);
  }

  @Override
  public void close() {
    arena.close();
  }
}
