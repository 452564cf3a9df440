package dev.slipway.builder.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * How every binding of this package is made: a downcall handle whose first argument receives errno.
 *
 * <p>Handles must be {@code static final} fields of their callers, or the JIT cannot inline them.
 */
final class Native {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private Native() {}

  /** A function of the C library; its handle takes the errno segment before the arguments. */
  static MethodHandle function(String name, FunctionDescriptor type) {
    MemorySegment symbol =
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + name));
    return LINKER.downcallHandle(symbol, type, Linker.Option.captureCallState("errno"));
  }

  /**
   * A variadic function of the C library, of which {@code fixed} arguments are named: the others go
   * where the ABI puts variadic ones (on arm64 that differs).
   */
  static MethodHandle variadic(String name, int fixed, FunctionDescriptor type) {
    MemorySegment symbol =
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + name));
    return LINKER.downcallHandle(
        symbol,
        type,
        Linker.Option.firstVariadicArg(fixed),
        Linker.Option.captureCallState("errno"));
  }

  static MemorySegment newState(Arena arena) {
    return arena.allocate(STATE);
  }

  static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  /** A NUL-terminated copy of {@code bytes}. */
  static MemorySegment cString(Arena arena, byte[] bytes) {
    MemorySegment segment = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return segment;
  }
}
