package dev.slipway.builder.layer;

import dev.slipway.builder.failure.BuildException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Supplier;

/** A stream that ends with a failure where more comes than may: against decompression bombs. */
public final class BoundedStream extends FilterInputStream {
  private final Supplier<BuildException> tooLarge;
  private long left;

  /**
   * @param limit bytes that may come
   * @param tooLarge the failure where there are more
   */
  public BoundedStream(InputStream in, long limit, Supplier<BuildException> tooLarge) {
    super(in);
    this.left = limit;
    this.tooLarge = tooLarge;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int read = in.read(target, offset, length);
    left -= Math.max(read, 0);
    if (left < 0) {
      throw tooLarge.get();
    }
    return read;
  }

  @Override
  public long skip(long count) throws IOException {
    return count <= 0 ? 0 : Math.max(read(new byte[Math.clamp(count, 1, 8192)]), 0);
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
