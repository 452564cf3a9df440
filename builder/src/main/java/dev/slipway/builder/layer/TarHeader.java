package dev.slipway.builder.layer;

import java.util.Arrays;

/** One header block, as POSIX, GNU or the seventh edition of Unix laid it out. */
final class TarHeader {
  private final byte[] block;
  private final byte[] name;
  private final boolean hasDevice;

  private TarHeader(byte[] block, byte[] name, boolean hasDevice) {
    this.block = block;
    this.name = name;
    this.hasDevice = hasDevice;
  }

  /** The name, its prefix included. */
  byte[] name() {
    return name;
  }

  char type() {
    return (char) (block[156] & 0xff);
  }

  long mode() {
    return number(block, 100, 8);
  }

  long uid() {
    return number(block, 108, 8);
  }

  long gid() {
    return number(block, 116, 8);
  }

  long size() {
    return number(block, 124, 12);
  }

  long mtime() {
    return number(block, 136, 12);
  }

  byte[] link() {
    return text(block, 157, 100);
  }

  long devMajor() {
    return hasDevice ? number(block, 329, 8) : 0;
  }

  long devMinor() {
    return hasDevice ? number(block, 337, 8) : 0;
  }

  /** The block itself, for what only sparse files have. */
  byte[] block() {
    return block;
  }

  /**
   * Checks the sum of a header.
   *
   * @param block not copied: valid until the next header is read into it
   */
  static TarHeader parse(byte[] block) {
    long stored = octal(block, 148, 8);
    long unsigned = 0;
    long signed = 0;
    for (int i = 0; i < block.length; i++) {
      byte b = i >= 148 && i < 156 ? (byte) ' ' : block[i];
      unsigned += b & 0xff;
      signed += b;
    }
    // Some old programs summed signed bytes.
    if (stored != unsigned && stored != signed) {
      throw TarInput.invalid("a header has a wrong checksum");
    }
    boolean posix = matches(block, 257, "ustar\0");
    boolean gnu = matches(block, 257, "ustar ");
    byte[] name = text(block, 0, 100);
    if (posix && block[345] != 0) {
      // star keeps times behind a shorter prefix, and signs with "tar".
      byte[] prefix = text(block, 345, matches(block, 508, "tar\0") ? 131 : 155);
      byte[] joined = Arrays.copyOf(prefix, prefix.length + 1 + name.length);
      joined[prefix.length] = '/';
      System.arraycopy(name, 0, joined, prefix.length + 1, name.length);
      name = joined;
    }
    return new TarHeader(block, name, posix || gnu);
  }

  /** Octal digits; or, by the top bit, a big-endian number in two's complement (GNU, star). */
  static long number(byte[] block, int offset, int width) {
    return (block[offset] & 0x80) == 0 ? octal(block, offset, width) : binary(block, offset, width);
  }

  private static long binary(byte[] block, int offset, int width) {
    boolean negative = (block[offset] & 0x40) != 0;
    long value = negative ? -1L : 0;
    for (int i = 0; i < width; i++) {
      int b = block[offset + i] & 0xff;
      if (i == 0) {
        b = negative ? b | 0x80 : b & 0x7f;
      }
      // What is shifted out must be the sign alone.
      if (value >> 55 != (negative ? -1 : 0)) {
        throw TarInput.invalid("a header has a number of more than 63 bits");
      }
      value = (value << 8) | b;
    }
    return value;
  }

  private static long octal(byte[] block, int offset, int width) {
    int i = offset;
    int end = offset + width;
    while (i < end && (block[i] == ' ' || block[i] == 0)) {
      i++;
    }
    long value = 0;
    for (; i < end && block[i] != ' ' && block[i] != 0; i++) {
      if (block[i] < '0' || block[i] > '7') {
        throw TarInput.invalid("a header has a number that is not octal");
      }
      value = value << 3 | (block[i] - '0');
    }
    return value;
  }

  private static byte[] text(byte[] block, int offset, int width) {
    int length = 0;
    while (length < width && block[offset + length] != 0) {
      length++;
    }
    return Arrays.copyOfRange(block, offset, offset + length);
  }

  private static boolean matches(byte[] block, int offset, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (block[offset + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
