package dev.slipway.builder.layer;

import dev.slipway.builder.linux.IsalInflater;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.ZipException;

/**
 * Reads gzip of any number of members (RFC 1952), as eStargz and pigz write it. The JDK's own
 * stream looks for a further member only if its input says that bytes are available at once, which
 * a network may deny.
 */
final class Gunzip extends InputStream {
  private static final int FHCRC = 2;
  private static final int FEXTRA = 4;
  private static final int FNAME = 8;
  private static final int FCOMMENT = 16;

  /** What was read last before stays at the front: the decoder may have gone too far. */
  private static final int KEPT = IsalInflater.READ_AHEAD;

  private static final int BUFFER = 64 * 1024;

  private final InputStream in;
  private final Inflate inflater;
  private final CRC32 crc = new CRC32();
  private final byte[] buffer = new byte[KEPT + BUFFER];
  private int position = KEPT;
  private int limit = KEPT;
  private long written;
  private boolean ended;

  Gunzip(InputStream in) throws IOException {
    this(in, Inflate.fastest());
  }

  Gunzip(InputStream in, Inflate inflater) throws IOException {
    this.in = in;
    this.inflater = inflater;
    try {
      header(next());
    } catch (IOException e) {
      inflater.close();
      throw e;
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    try {
      while (!ended) {
        int n = inflater.inflate(target, offset, length);
        if (n > 0) {
          crc.update(target, offset, n);
          written += n;
          return n;
        }
        if (inflater.finished()) {
          position = limit - inflater.remaining();
          trailer();
        } else {
          if (position == limit && !refill()) {
            throw new EOFException("the gzip data ends early");
          }
          inflater.input(buffer, position, limit - position);
          position = limit;
        }
      }
      return -1;
    } catch (DataFormatException e) {
      throw new ZipException(e.getMessage() == null ? "broken deflate data" : e.getMessage());
    }
  }

  private void trailer() throws IOException {
    if (number() != crc.getValue()) {
      throw new ZipException("the gzip checksum is wrong");
    }
    if (number() != (written & 0xffff_ffffL)) {
      throw new ZipException("the gzip length is wrong");
    }
    inflater.reset();
    crc.reset();
    written = 0;
    int first = nextOrEnd();
    // Zeros may follow, which fill the last block of a tape.
    while (first == 0) {
      first = nextOrEnd();
    }
    if (first < 0) {
      ended = true;
    } else {
      header(first);
    }
  }

  private long number() throws IOException {
    long value = 0;
    for (int i = 0; i < 32; i += 8) {
      value |= (long) next() << i;
    }
    return value;
  }

  private void header(int first) throws IOException {
    if (first != 0x1f || next() != 0x8b || next() != 8) {
      throw new ZipException("not gzip, or something else follows the gzip data");
    }
    int flags = next();
    skip(6);
    if ((flags & FEXTRA) != 0) {
      skip(next() | next() << 8);
    }
    if ((flags & FNAME) != 0) {
      skipText();
    }
    if ((flags & FCOMMENT) != 0) {
      skipText();
    }
    if ((flags & FHCRC) != 0) {
      skip(2);
    }
    inflater.input(buffer, position, limit - position);
    position = limit;
  }

  private void skip(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      next();
    }
  }

  private void skipText() throws IOException {
    while (next() != 0) {
      // The text has no use here.
    }
  }

  private int next() throws IOException {
    int b = nextOrEnd();
    if (b < 0) {
      throw new EOFException("the gzip data ends early");
    }
    return b;
  }

  private int nextOrEnd() throws IOException {
    return position < limit || refill() ? buffer[position++] & 0xff : -1;
  }

  /** Reads on; false at the end. */
  private boolean refill() throws IOException {
    System.arraycopy(buffer, limit - KEPT, buffer, 0, KEPT);
    int n = in.read(buffer, KEPT, BUFFER);
    position = KEPT;
    limit = KEPT + Math.max(n, 0);
    return n > 0;
  }

  @Override
  public void close() throws IOException {
    inflater.close();
    in.close();
  }
}
