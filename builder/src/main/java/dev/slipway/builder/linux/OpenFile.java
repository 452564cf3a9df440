package dev.slipway.builder.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * An open file. Close-on-exec, like every descriptor that this package opens.
 *
 * <p>The kernel makes each call atomic; closing while another thread still calls is the caller's
 * mistake, as the number may by then name another file.
 */
public final class OpenFile implements AutoCloseable {
  private static final int SEEK_SET = 0;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;
  private static final int ENXIO = 6;
  // _IOW(0x94, 9, int) of <linux/fs.h>.
  private static final long FICLONE = 0x40049409L;

  private volatile int fd;
  private final String label;

  OpenFile(int fd, String label) {
    this.fd = fd;
    this.label = label;
  }

  /** The descriptor; this object still owns it. */
  public int descriptor() {
    int number = fd;
    if (number < 0) {
      throw new IllegalStateException(label + " is closed");
    }
    return number;
  }

  public Stat stat() throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      MemorySegment empty = s.path("fstat", "");
      check(s, "fstat", FileCalls.statx(s, descriptor(), empty, FileCalls.AT_EMPTY_PATH));
      return FileCalls.stat(s);
    } finally {
      s.giveBack();
    }
  }

  /**
   * Reads from the current position.
   *
   * @return the number of bytes, at least 1; or -1 at the end of the file
   */
  public int read(byte[] target, int offset, int length) throws LinuxException {
    Objects.checkFromIndexSize(offset, length, target.length);
    Scratch s = Scratch.borrow();
    try {
      MemorySegment io = s.io();
      long n = FileCalls.read(s, descriptor(), io, Math.min(length, Scratch.IO_SIZE));
      check(s, "read", n);
      MemorySegment.copy(io, ValueLayout.JAVA_BYTE, 0, target, offset, (int) n);
      return n == 0 && length > 0 ? -1 : (int) n;
    } finally {
      s.giveBack();
    }
  }

  /** Reads at {@code position} and leaves the current position alone; -1 at the end. */
  public int read(byte[] target, int offset, int length, long position) throws LinuxException {
    Objects.checkFromIndexSize(offset, length, target.length);
    Scratch s = Scratch.borrow();
    try {
      MemorySegment io = s.io();
      long n = FileCalls.pread(s, descriptor(), io, Math.min(length, Scratch.IO_SIZE), position);
      check(s, "read", n);
      MemorySegment.copy(io, ValueLayout.JAVA_BYTE, 0, target, offset, (int) n);
      return n == 0 && length > 0 ? -1 : (int) n;
    } finally {
      s.giveBack();
    }
  }

  /** Writes all of it at the current position. */
  public void write(byte[] source, int offset, int length) throws LinuxException {
    Objects.checkFromIndexSize(offset, length, source.length);
    Scratch s = Scratch.borrow();
    try {
      MemorySegment io = s.io();
      int done = 0;
      while (done < length) {
        int part = Math.min(length - done, Scratch.IO_SIZE);
        MemorySegment.copy(source, offset + done, io, ValueLayout.JAVA_BYTE, 0, part);
        long n = FileCalls.write(s, descriptor(), io, part);
        check(s, "write", n);
        done += (int) n;
      }
    } finally {
      s.giveBack();
    }
  }

  /** Moves the current position; past the end is allowed and makes a hole once written to. */
  public void seek(long position) throws LinuxException {
    lseek("lseek", position, SEEK_SET);
  }

  /** The first offset at or after {@code from} that holds data, or -1 if only holes follow. */
  public long seekData(long from) throws LinuxException {
    return lseek("lseek", from, SEEK_DATA);
  }

  /** The first offset at or after {@code from} that is a hole; the end of the file is one. */
  public long seekHole(long from) throws LinuxException {
    return lseek("lseek", from, SEEK_HOLE);
  }

  private long lseek(String call, long offset, int whence) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      long position = FileCalls.lseek(s, descriptor(), offset, whence);
      if (position < 0 && whence == SEEK_DATA && s.errno() == ENXIO) {
        return -1;
      }
      return check(s, call, position);
    } finally {
      s.giveBack();
    }
  }

  /** Sets the size: cuts, or extends with a hole. */
  public void truncate(long size) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      check(s, "ftruncate", FileCalls.ftruncate(s, descriptor(), size));
    } finally {
      s.giveBack();
    }
  }

  /**
   * Makes this empty file share the blocks of {@code source}.
   *
   * @return false where the file system cannot
   */
  public boolean reflink(OpenFile source) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      if (FileCalls.ioctl(s, descriptor(), FICLONE, source.descriptor()) >= 0) {
        return true;
      }
      return switch (s.errno()) {
        case Errno.EOPNOTSUPP, Errno.EXDEV, Errno.EINVAL, Errno.ENOSYS, 25 /* ENOTTY */ -> false;
        default -> throw failure(s, "ioctl FICLONE");
      };
    } finally {
      s.giveBack();
    }
  }

  /**
   * Copies from the current position of {@code source} to its end, inside the kernel where that is
   * possible.
   *
   * @return the number of bytes
   */
  public long copyFrom(OpenFile source) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      long total = 0;
      while (true) {
        long n = FileCalls.copyFileRange(s, source.descriptor(), descriptor(), 1L << 30);
        if (n == 0) {
          // Some kernels answer 0 for files of /proc, so that the end is only sure if read agrees.
          return total + copyThroughMemory(s, source);
        }
        if (n < 0) {
          return switch (s.errno()) {
            case Errno.EXDEV, Errno.EINVAL, Errno.EOPNOTSUPP, Errno.ENOSYS, Errno.EPERM ->
                total + copyThroughMemory(s, source);
            default -> throw failure(s, "copy_file_range");
          };
        }
        total += n;
      }
    } finally {
      s.giveBack();
    }
  }

  private long copyThroughMemory(Scratch s, OpenFile source) throws LinuxException {
    MemorySegment io = s.io();
    long total = 0;
    while (true) {
      long n = FileCalls.read(s, source.descriptor(), io, Scratch.IO_SIZE);
      if (n < 0) {
        throw source.failure(s, "read");
      }
      if (n == 0) {
        return total;
      }
      for (long done = 0; done < n; ) {
        done += check(s, "write", FileCalls.write(s, descriptor(), io.asSlice(done), n - done));
      }
      total += n;
    }
  }

  /** Waits until the content is on the disk. */
  public void sync() throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      check(s, "fsync", FileCalls.fsync(s, descriptor()));
    } finally {
      s.giveBack();
    }
  }

  public void chown(long uid, long gid) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      check(s, "fchown", FileCalls.fchown(s, descriptor(), uid, gid));
    } finally {
      s.giveBack();
    }
  }

  public void chmod(int mode) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      check(s, "fchmod", FileCalls.fchmod(s, descriptor(), mode));
    } finally {
      s.giveBack();
    }
  }

  /** Sets the times of last access and of last change of the content. */
  public void setTimes(long seconds, int nanos) throws LinuxException {
    Scratch s = Scratch.borrow();
    try {
      check(s, "futimens", FileCalls.futimens(s, descriptor(), seconds, nanos));
    } finally {
      s.giveBack();
    }
  }

  /** All extended attributes that the caller may see; none where the file system has none. */
  public Xattrs xattrs() throws LinuxException {
    return XattrCalls.ofDescriptor(descriptor(), label);
  }

  public void setXattr(String name, byte[] value) throws LinuxException {
    XattrCalls.set(descriptor(), name, value, label);
  }

  /** Takes the lock of flock(2), which ends when the last descriptor of this file is closed. */
  public void lock(Lock kind) throws LinuxException {
    Lock.take(descriptor(), kind, true, label);
  }

  /** As {@link #lock}, but answers false where it would have to wait. */
  public boolean tryLock(Lock kind) throws LinuxException {
    return Lock.take(descriptor(), kind, false, label);
  }

  /** A stream that reads on from the current position; closing it closes this file. */
  public InputStream inputStream() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return OpenFile.this.read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        return OpenFile.this.read(target, offset, length);
      }

      @Override
      public void close() {
        OpenFile.this.close();
      }
    };
  }

  /** A stream that writes on at the current position; closing it closes this file. */
  public OutputStream outputStream() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        OpenFile.this.write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] source, int offset, int length) throws IOException {
        OpenFile.this.write(source, offset, length);
      }

      @Override
      public void close() {
        OpenFile.this.close();
      }
    };
  }

  /** Closing again does nothing. */
  @Override
  public void close() {
    int number;
    synchronized (this) {
      number = fd;
      fd = -1;
    }
    if (number >= 0) {
      Scratch s = Scratch.borrow();
      try {
        // Whatever close answers, the descriptor is gone (close(2), notes on errors).
        FileCalls.close(s, number);
      } finally {
        s.giveBack();
      }
    }
  }

  /** The path as it was opened, for messages. */
  @Override
  public String toString() {
    return label;
  }

  private long check(Scratch s, String call, long result) throws LinuxException {
    if (result < 0) {
      throw failure(s, call);
    }
    return result;
  }

  private LinuxException failure(Scratch s, String call) {
    return new LinuxException(call, label, s.errno());
  }
}
