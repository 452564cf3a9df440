package dev.slipway.builder.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Native memory that one system call borrows for its arguments and results, so that walking 100,000
 * files allocates none. Not thread-local: virtual threads come and go by the thousand.
 */
final class Scratch {
  /** PATH_MAX, which counts the NUL. */
  static final int PATH_MAX = 4096;

  /** How much a read into a Java array moves at a time. */
  static final int IO_SIZE = 128 * 1024;

  /** Of struct statx, the largest. */
  private static final int STRUCT_SIZE = 256;

  private static final int SLOTS = 16;
  private static final AtomicReferenceArray<@Nullable Scratch> FREE =
      new AtomicReferenceArray<>(SLOTS);

  final MemorySegment state;
  final MemorySegment path;
  final MemorySegment otherPath;

  /** struct statx, struct open_how, struct timespec[2]: whichever the call needs. */
  final MemorySegment struct;

  /** What is in {@link #struct}, for those who read much of it. */
  final long[] words = new long[STRUCT_SIZE / Long.BYTES];

  private @Nullable MemorySegment io;

  private Scratch() {
    Arena arena = Arena.ofAuto();
    state = Native.newState(arena);
    path = arena.allocate(PATH_MAX);
    otherPath = arena.allocate(PATH_MAX);
    struct = arena.allocate(STRUCT_SIZE, 8);
  }

  static Scratch borrow() {
    Scratch scratch = FREE.getAndSet(slot(), null);
    return scratch == null ? new Scratch() : scratch;
  }

  void giveBack() {
    FREE.set(slot(), this);
  }

  private static int slot() {
    return (int) Thread.currentThread().threadId() & (SLOTS - 1);
  }

  /** A buffer of {@link #IO_SIZE} bytes. */
  MemorySegment io() {
    MemorySegment buffer = io;
    if (buffer == null) {
      buffer = Arena.ofAuto().allocate(IO_SIZE, 64);
      io = buffer;
    }
    return buffer;
  }

  int errno() {
    return Native.errno(state);
  }

  MemorySegment path(String call, String name) throws LinuxException {
    return put(call, path, name);
  }

  MemorySegment otherPath(String call, String name) throws LinuxException {
    return put(call, otherPath, name);
  }

  private static MemorySegment put(String call, MemorySegment target, String name)
      throws LinuxException {
    byte[] bytes = FileName.encode(name);
    if (bytes.length >= PATH_MAX) {
      throw new LinuxException(call, name.substring(0, 80) + "...", Errno.ENAMETOOLONG);
    }
    for (byte b : bytes) {
      if (b == 0) {
        // A C string would end here, and the call would reach another file than the one named.
        throw new LinuxException(call, name.replace('\0', '?'), Errno.EINVAL);
      }
    }
    MemorySegment.copy(bytes, 0, target, ValueLayout.JAVA_BYTE, 0, bytes.length);
    target.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
    return target;
  }
}
