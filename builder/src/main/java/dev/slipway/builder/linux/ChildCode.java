package dev.slipway.builder.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.HexFormat;

/**
 * The only machine code of the builder: {@code clone}, and a loop that makes system calls from a
 * table.
 *
 * <p>A child of a process with threads may do nothing but system calls until it executes a program,
 * so no Java can run in it, and the C library offers no call for what a sandbox needs there. The
 * sources are {@code child-x86_64.s} and {@code child-aarch64.s} beside the tests, which assemble
 * them and compare.
 */
final class ChildCode {
  static final String X86_64 =
      "534889fbb80e00000031ff488d7320488d532841ba080000000f05b838000000"
          + "488b3b31f6488d53084531d24531c00f054885c0741c50b80e000000bf020000"
          + "00488d732831d241ba080000000f05585bc34c8b6310498b0424498b7c240849"
          + "8b742410498b5424184d8b5424204d8b4424284d8b4c24300f054d8b6c243849"
          + "894500483d01f0ffff72244d8b7424404983fe0174194939c674144c89631048"
          + "894318b8e7000000bf7f0000000f054983c448eba1";
  static final String AARCH64 =
      "e90300aae81080d2000080d22181009122a10091030180d2010000d4881b80d2"
          + "200140f9010080d222210091030080d2040080d2010000d4400100b4ea0300aa"
          + "e81080d2400080d221a10091020080d2030180d2010000d4e0030aaac0035fd6"
          + "2a0940f9480140a9410941a9431142a9451940f9010000d44b1d40f9600100f9"
          + "1ffc3fb1630100544b2140f97f0500f1000100547f0100ebc00000542a0900f9"
          + "200d00f9c80b80d2e00f80d2010000d44a210191ecffff17";

  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int PROT_EXEC = 4;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS = 32;

  private static final MethodHandle START = load();

  private ChildCode() {}

  /**
   * Clones and runs the table; returns when the child has executed a program or ended.
   *
   * @param frame clone flags, descriptor of the child (out), first step (in) or failed step (out),
   *     its error (out), a mask of all signals, room for the old mask: six longs
   * @return the process id, or the negative error number of clone
   */
  static long start(MemorySegment frame) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Native.newState(arena);
      return (long) START.invokeExact(state, frame.address(), 0L, 0L, 0L, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static MethodHandle load() {
    String hex =
        switch (Syscall.Architecture.current()) {
          case X86_64 -> X86_64;
          case AARCH64 -> AARCH64;
        };
    byte[] code = HexFormat.of().parseHex(hex);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Native.newState(arena);
      long address =
          Syscall.MMAP.call(
              state, 0, code.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (address < 0) {
        throw new LinuxException("mmap", "of a page", (int) -address);
      }
      MemorySegment page = MemorySegment.ofAddress(address);
      MemorySegment.copy(
          code, 0, page.reinterpret(code.length), ValueLayout.JAVA_BYTE, 0, code.length);
      // Never writable and executable at once; the kernel makes the instruction caches agree when
      // a page becomes executable.
      long result = Syscall.MPROTECT.call(state, address, code.length, PROT_READ | PROT_EXEC);
      if (result < 0) {
        throw new LinuxException("mprotect", "PROT_EXEC of a page", (int) -result);
      }
      return Native.function(page);
    } catch (Throwable e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
