package dev.slipway.builder.layer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** An output that can take bytes straight from an input, without a buffer between them. */
abstract class ByteSink extends OutputStream {

  /**
   * Takes exactly {@code size} bytes.
   *
   * @throws EOFException if {@code in} has fewer
   */
  abstract void fill(InputStream in, long size) throws IOException;

  /** A sink over any stream. */
  static ByteSink of(OutputStream out) {
    return new Buffered(out);
  }

  private static final class Buffered extends ByteSink {
    private final OutputStream out;
    private final byte[] buffer = new byte[64 * 1024];
    private int used;

    Buffered(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      int done = 0;
      while (done < length) {
        int part = Math.min(length - done, room());
        System.arraycopy(source, offset + done, buffer, used, part);
        used += part;
        done += part;
      }
    }

    @Override
    void fill(InputStream in, long size) throws IOException {
      for (long left = size; left > 0; ) {
        int room = room();
        int n = in.read(buffer, used, (int) Math.min(left, room));
        if (n < 0) {
          throw new EOFException();
        }
        used += n;
        left -= n;
      }
    }

    private int room() throws IOException {
      if (used == buffer.length) {
        drain();
      }
      return buffer.length - used;
    }

    private void drain() throws IOException {
      out.write(buffer, 0, used);
      used = 0;
    }

    @Override
    public void flush() throws IOException {
      drain();
      out.flush();
    }
  }
}
