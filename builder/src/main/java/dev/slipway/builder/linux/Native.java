package dev.slipway.builder.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * How every binding of this package is made: a downcall handle of one shape, whose first argument
 * receives errno and whose seven others are numbers, addresses among them.
 *
 * <p>One shape, because the JVM takes about ten milliseconds to make a handle of another: with
 * forty of them, a build that has nothing to do would spend most of its time there. Handles must be
 * {@code static final} fields of their callers, or the JIT cannot inline them.
 */
final class Native {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();

  /** On Linux it is all that the state has. A handle for it would take a start milliseconds. */
  private static final long ERRNO = 0;

  private static final FunctionDescriptor SHAPE =
      FunctionDescriptor.of(
          JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private Native() {}

  /** A function of the C library. */
  static MethodHandle function(String name) {
    return function(
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + name)));
  }

  /** The function at an address. It may take fewer arguments; the others it does not look at. */
  static MethodHandle function(MemorySegment address) {
    // Declared variadic after the first, as syscall(2) is: its arguments go where the ABI puts
    // those, which on Linux is where it puts any.
    return LINKER.downcallHandle(
        address, SHAPE, Linker.Option.firstVariadicArg(1), Linker.Option.captureCallState("errno"));
  }

  static MemorySegment newState(Arena arena) {
    return arena.allocate(STATE);
  }

  static int errno(MemorySegment state) {
    return state.get(JAVA_INT, ERRNO);
  }

  /** A NUL-terminated copy of {@code bytes}. */
  static MemorySegment cString(Arena arena, byte[] bytes) {
    MemorySegment segment = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return segment;
  }
}
