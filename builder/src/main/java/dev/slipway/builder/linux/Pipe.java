package dev.slipway.builder.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/** The two ends of a pipe. */
public record Pipe(Descriptor reader, Descriptor writer) implements AutoCloseable {
  private static final long FIONREAD = 0x541BL;
  private static final long FIONBIO = 0x5421L;

  /** Opens a pipe; the reading end never blocks. */
  public static Pipe open() throws LinuxException {
    Pipe pipe = blocking();
    try (Arena arena = Arena.ofConfined()) {
      // Through FIONBIO: O_NONBLOCK of pipe2 would make the program's end non-blocking too.
      MemorySegment one = arena.allocate(4, 4);
      one.set(ValueLayout.JAVA_INT, 0, 1);
      Syscall.IOCTL.call(Native.newState(arena), pipe.reader.number(), FIONBIO, one.address());
      return pipe;
    }
  }

  /** Opens a pipe for two programs. */
  public static Pipe blocking() throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ends = arena.allocate(8, 4);
      MemorySegment state = Native.newState(arena);
      long result = Syscall.PIPE2.call(state, ends.address(), FileCalls.O_CLOEXEC);
      if (result < 0) {
        throw new LinuxException("pipe2", "", (int) -result);
      }
      return new Pipe(
          new Descriptor(ends.get(ValueLayout.JAVA_INT, 0)),
          new Descriptor(ends.get(ValueLayout.JAVA_INT, 4)));
    }
  }

  /**
   * A second open file description of the writing end: what a program sets on one, such as
   * O_NONBLOCK, does not change the other.
   */
  public Descriptor secondWriter() throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      String path = "/proc/self/fd/" + writer.number();
      int fd = FileCalls.openat(s, FileCalls.AT_FDCWD, s.path("open", path), FileCalls.O_WRONLY, 0);
      if (fd < 0) {
        throw new LinuxException("open", path, s.errno());
      }
      return new Descriptor(fd);
    } finally {
      s.giveBack();
    }
  }

  /**
   * Gives the pipe to a user, who may then open it by its name in {@code /proc} or {@code /dev}.
   */
  public void chown(int uid, int gid) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      if (FileCalls.fchown(s, writer.number(), uid, gid) < 0) {
        throw new LinuxException("fchown", "a pipe", s.errno());
      }
    } finally {
      s.giveBack();
    }
  }

  /**
   * Reads what is there.
   *
   * @param target a direct buffer with room; its position moves behind what was read
   * @return the number of bytes, 0 if there are none yet, -1 if nobody can write any more
   */
  public int read(ByteBuffer target) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      long n =
          FileCalls.read(s, reader.number(), MemorySegment.ofBuffer(target), target.remaining());
      if (n < 0) {
        if (s.errno() == Errno.EAGAIN) {
          return 0;
        }
        throw new LinuxException("read", "a pipe", s.errno());
      }
      target.position(target.position() + (int) n);
      return n == 0 ? -1 : (int) n;
    } finally {
      s.giveBack();
    }
  }

  /** How many bytes a read would get now. */
  public int available() throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(4, 4);
      long result =
          Syscall.IOCTL.call(Native.newState(arena), reader.number(), FIONREAD, count.address());
      if (result < 0) {
        throw new LinuxException("ioctl FIONREAD", "a pipe", (int) -result);
      }
      return count.get(ValueLayout.JAVA_INT, 0);
    }
  }

  @Override
  public void close() {
    reader.close();
    writer.close();
  }
}
