package dev.slipway.builder.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes the tar of an image archive: a few directories and regular files with short names, owned
 * by root, at the epoch, so that the same image always gives the same archive. Layers are another
 * matter, and are written elsewhere.
 */
final class TarWriter {

  private static final int BLOCK = 512;
  private static final int BUFFER = 256 * 1024;
  private static final int MAX_NAME = 100;
  private static final long MAX_OCTAL = (1L << 33) - 1;

  private final OutputStream out;
  private final byte[] buffer = new byte[BUFFER];

  TarWriter(OutputStream out) {
    this.out = out;
  }

  void directory(String name) throws IOException {
    out.write(header(name + "/", 0, '5', 0755));
  }

  void file(String name, byte[] bytes) throws IOException {
    out.write(header(name, bytes.length, '0', 0444));
    out.write(bytes);
    pad(bytes.length);
  }

  /** Copies exactly {@code size} bytes; a source that has fewer makes this throw. */
  void file(String name, long size, InputStream in) throws IOException {
    out.write(header(name, size, '0', 0444));
    long left = size;
    while (left > 0) {
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (count < 0) {
        throw new java.io.EOFException(name + " is " + left + " bytes shorter than announced");
      }
      out.write(buffer, 0, count);
      left -= count;
    }
    pad(size);
  }

  /** Ends the archive; does not close the stream. */
  void finish() throws IOException {
    out.write(new byte[2 * BLOCK]);
    out.flush();
  }

  private void pad(long size) throws IOException {
    out.write(new byte[(int) (-size & (BLOCK - 1))]);
  }

  private static byte[] header(String name, long size, char type, int mode) {
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    if (bytes.length > MAX_NAME) {
      throw new IllegalArgumentException("name too long for an image archive: " + name);
    }
    byte[] header = new byte[BLOCK];
    System.arraycopy(bytes, 0, header, 0, bytes.length);
    octal(header, 100, 8, mode);
    octal(header, 108, 8, 0);
    octal(header, 116, 8, 0);
    if (size <= MAX_OCTAL) {
      octal(header, 124, 12, size);
    } else {
      // More than 8 GiB: the GNU way, which every tar reads: big-endian with the top bit set.
      header[124] = (byte) 0x80;
      for (int i = 0; i < 8; i++) {
        header[135 - i] = (byte) (size >>> (8 * i));
      }
    }
    octal(header, 136, 12, 0);
    header[156] = (byte) type;
    System.arraycopy("ustar\00000".getBytes(StandardCharsets.US_ASCII), 0, header, 257, 8);
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    octal(header, 148, 7, sum);
    return header;
  }

  /** Digits and a closing NUL in {@code width} bytes. */
  private static void octal(byte[] header, int at, int width, long value) {
    long rest = value;
    for (int i = at + width - 2; i >= at; i--) {
      header[i] = (byte) ('0' + (rest & 7));
      rest >>>= 3;
    }
    header[at + width - 1] = 0;
  }
}
