package dev.slipway.builder.layer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
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

  private final InputStream in;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();
  private final byte[] buffer = new byte[64 * 1024];
  private int position;
  private int limit;
  private boolean ended;

  Gunzip(InputStream in) throws IOException {
    this.in = in;
    header(next());
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
          return n;
        }
        if (inflater.finished()) {
          position = limit - inflater.getRemaining();
          trailer();
        } else if (inflater.needsDictionary()) {
          throw new ZipException("gzip with a dictionary");
        } else {
          if (position == limit) {
            refill();
          }
          inflater.setInput(buffer, position, limit - position);
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
    if (number() != (inflater.getBytesWritten() & 0xffff_ffffL)) {
      throw new ZipException("the gzip length is wrong");
    }
    inflater.reset();
    crc.reset();
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
    inflater.setInput(buffer, position, limit - position);
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
    if (position == limit) {
      int n = in.read(buffer, 0, buffer.length);
      if (n <= 0) {
        return -1;
      }
      position = 0;
      limit = n;
    }
    return buffer[position++] & 0xff;
  }

  private void refill() throws IOException {
    int n = in.read(buffer, 0, buffer.length);
    if (n <= 0) {
      throw new EOFException("the gzip data ends early");
    }
    position = 0;
    limit = n;
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    in.close();
  }
}
