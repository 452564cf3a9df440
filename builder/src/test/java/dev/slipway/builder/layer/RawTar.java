package dev.slipway.builder.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** Writes tars as other programs do, and as none should. */
final class RawTar {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A header of our choice, then the data, padded. */
  RawTar entry(char type, String name, String link, long size, byte[] data) {
    byte[] h = header(type, name, link);
    octal(h, 124, 12, size);
    return raw(h).data(data);
  }

  RawTar file(String name, String text) {
    return entry('0', name, "", text.length(), text.getBytes(ISO_8859_1));
  }

  RawTar dir(String name) {
    return entry('5', name, "", 0, new byte[0]);
  }

  RawTar symlink(String name, String target) {
    return entry('2', name, target, 0, new byte[0]);
  }

  RawTar hardLink(String name, String target) {
    return entry('1', name, target, 0, new byte[0]);
  }

  RawTar pax(String... records) {
    return extension('x', records);
  }

  RawTar global(String... records) {
    return extension('g', records);
  }

  private RawTar extension(char type, String... records) {
    StringBuilder body = new StringBuilder();
    for (String record : records) {
      int length = record.length() + 2;
      int digits = Integer.toString(length).length();
      digits = Integer.toString(length + digits).length();
      body.append(length + digits).append(' ').append(record).append('\n');
    }
    byte[] bytes = body.toString().getBytes(ISO_8859_1);
    return entry(type, "PaxHeaders/x", "", bytes.length, bytes);
  }

  /** A block that is taken as it is, but for its checksum. */
  RawTar raw(byte[] header) {
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    octal(header, 148, 7, sum);
    out.writeBytes(header);
    return this;
  }

  /** Bytes and the padding after them. */
  RawTar data(byte[] data) {
    out.writeBytes(data);
    out.writeBytes(new byte[-data.length & 511]);
    return this;
  }

  byte[] unended() {
    return out.toByteArray();
  }

  byte[] bytes() {
    byte[] all = out.toByteArray();
    return Arrays.copyOf(all, all.length + 1024);
  }

  static byte[] header(char type, String name, String link) {
    byte[] h = new byte[512];
    byte[] n = name.getBytes(ISO_8859_1);
    System.arraycopy(n, 0, h, 0, Math.min(100, n.length));
    octal(h, 100, 8, type == '5' ? 0755 : 0644);
    octal(h, 108, 8, 0);
    octal(h, 116, 8, 0);
    octal(h, 124, 12, 0);
    octal(h, 136, 12, 1000);
    h[156] = (byte) type;
    byte[] l = link.getBytes(ISO_8859_1);
    System.arraycopy(l, 0, h, 157, Math.min(100, l.length));
    text(h, 257, "ustar\00000");
    return h;
  }

  static void text(byte[] block, int offset, String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    System.arraycopy(bytes, 0, block, offset, bytes.length);
  }

  static void octal(byte[] block, int offset, int width, long value) {
    String digits = String.format("%0" + (width - 1) + "o", value);
    text(block, offset, digits);
    block[offset + width - 1] = 0;
  }
}
