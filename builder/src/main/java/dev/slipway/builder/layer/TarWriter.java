package dev.slipway.builder.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.Xattrs;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes entries as a tar: ustar, with PAX records where ustar cannot say it. The bytes depend on
 * the entries alone: no names of users, no times but that of the last change.
 *
 * <p>See POSIX, <a href="https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html">pax,
 * "ustar Interchange Format" and "pax Extended Header"</a>.
 */
public final class TarWriter {
  static final int BLOCK = 512;
  static final String WHITEOUT = ".wh.";
  static final String OPAQUE = ".wh..wh..opq";

  private static final int NAME = 100;
  private static final int PREFIX = 155;
  private static final long MAX_OCTAL_7 = 07777777L;
  private static final long MAX_OCTAL_11 = 077777777777L;
  private static final byte[] ZEROS = new byte[2 * BLOCK];
  private static final byte[] NO_BYTES = {};

  private final ByteSink out;
  private final byte[] header = new byte[BLOCK];

  TarWriter(ByteSink out) {
    this.out = out;
  }

  /** Writes a whole archive, with its end; flushes but does not close {@code out}. */
  public static void write(Entries entries, OutputStream out) throws IOException {
    ByteSink sink = ByteSink.of(out);
    TarWriter writer = new TarWriter(sink);
    entries.forEach(writer::put);
    writer.end();
    sink.flush();
  }

  /** Two blocks of zeros end an archive. */
  void end() throws IOException {
    out.write(ZEROS, 0, 2 * BLOCK);
  }

  void put(Entry entry) throws IOException {
    switch (entry) {
      case Entry.Node node -> put(node);
      case Entry.Whiteout(String path) -> marker(parentPrefix(path) + WHITEOUT + name(path));
      case Entry.Opaque(String path) -> marker(path.isEmpty() ? OPAQUE : path + '/' + OPAQUE);
    }
  }

  /** An empty file whose name is the message. */
  private void marker(String path) throws IOException {
    header(path, new Attributes(0, 0, 0, 0), '0', 0, "", 0, 0);
  }

  private void put(Entry.Node node) throws IOException {
    String path = node.path();
    if (name(path).startsWith(WHITEOUT)) {
      throw new BuildException(
          ErrorCode.UNSUPPORTED,
          "the file "
              + path
              + " cannot be part of an image: in a layer, names that start with .wh. mean that a"
              + " file is deleted; rename or remove it");
    }
    Attributes a = node.attributes();
    switch (node) {
      case Entry.File file -> {
        header(path, a, '0', file.size(), "", 0, 0);
        content(file);
      }
      case Entry.Directory directory ->
          header(path.isEmpty() ? "./" : path + '/', a, '5', 0, "", 0, 0);
      case Entry.Symlink link -> header(path, a, '2', 0, link.target(), 0, 0);
      case Entry.HardLink link -> header(path, a, '1', 0, link.target(), 0, 0);
      case Entry.Device device ->
          header(
              path,
              a,
              device.type() == FileType.CHARACTER_DEVICE ? '3' : '4',
              0,
              "",
              device.major(),
              device.minor());
      case Entry.Fifo fifo -> header(path, a, '6', 0, "", 0, 0);
    }
  }

  private void content(Entry.File file) throws IOException {
    long size = file.size();
    if (size == 0) {
      return;
    }
    try (InputStream in = file.content().open()) {
      out.fill(in, size);
    } catch (EOFException e) {
      throw new BuildException(
          ErrorCode.IO,
          file.path() + " became shorter than " + size + " bytes while it was read; try again",
          e);
    }
    int rest = (int) (size % BLOCK);
    if (rest > 0) {
      out.write(ZEROS, 0, BLOCK - rest);
    }
  }

  private void header(
      String path, Attributes a, char type, long size, String link, int major, int minor)
      throws IOException {
    byte[] name = FileName.encode(path);
    byte[] target = link.isEmpty() ? NO_BYTES : FileName.encode(link);
    int split = split(name);
    PaxRecords pax = extended(path, name, split, a, size, link, target);
    if (pax != null) {
      byte[] records = pax.toBytes();
      compose(paxName(path), -1, 0644, 0, 0, records.length, 0, 'x', NO_BYTES, 0, 0);
      out.write(records, 0, records.length);
      int rest = records.length % BLOCK;
      if (rest > 0) {
        out.write(ZEROS, 0, BLOCK - rest);
      }
    }
    compose(name, split, a.mode(), a.uid(), a.gid(), size, a.mtime(), type, target, major, minor);
  }

  /** What the plain header cannot hold, or null where it can hold everything. */
  private static @Nullable PaxRecords extended(
      String path, byte[] name, int split, Attributes a, long size, String link, byte[] target) {
    PaxRecords pax = null;
    if (!fits(name, split >= -1, path)) {
      pax = PaxRecords.with(pax, "path", name);
    }
    if (!fits(target, target.length <= NAME, link)) {
      pax = PaxRecords.with(pax, "linkpath", target);
    }
    if (pax != null && (FileName.isEscaped(path) || FileName.isEscaped(link))) {
      // POSIX: without this, values are UTF-8.
      pax = PaxRecords.with(pax, "hdrcharset", "BINARY".getBytes(US_ASCII));
    }
    pax = number(pax, "uid", a.uid(), MAX_OCTAL_7);
    pax = number(pax, "gid", a.gid(), MAX_OCTAL_7);
    pax = number(pax, "size", size, MAX_OCTAL_11);
    pax = number(pax, "mtime", a.mtime(), MAX_OCTAL_11);
    Xattrs xattrs = a.xattrs();
    if (!xattrs.isEmpty()) {
      for (String attribute : xattrs.names()) {
        if (attribute.indexOf('=') >= 0) {
          throw new BuildException(
              ErrorCode.UNSUPPORTED,
              "the extended attribute "
                  + attribute
                  + " of "
                  + path
                  + " cannot be part of an image: a PAX record's name has no '='");
        }
        byte[] value = xattrs.get(attribute);
        pax = PaxRecords.with(pax, "SCHILY.xattr." + attribute, value == null ? NO_BYTES : value);
      }
    }
    return pax;
  }

  /**
   * Names in UTF-8 beyond ASCII go into PAX, where they are defined to be UTF-8. Bytes that are not
   * UTF-8 are best left in the plain header, which nobody converts.
   */
  private static boolean fits(byte[] bytes, boolean roomy, String text) {
    return roomy && (bytes.length == text.length() || FileName.isEscaped(text));
  }

  private static @Nullable PaxRecords number(
      @Nullable PaxRecords pax, String key, long value, long max) {
    return value >= 0 && value <= max
        ? pax
        : PaxRecords.with(pax, key, Long.toString(value).getBytes(US_ASCII));
  }

  /**
   * Where to cut a long path into prefix and name: at the slash of this index; -1 for no need, -2
   * for no way.
   */
  private static int split(byte[] name) {
    if (name.length <= NAME) {
      return -1;
    }
    // The slash of a directory's name belongs to it.
    for (int i = Math.min(PREFIX, name.length - 2); i > 0; i--) {
      if (name[i] == '/') {
        return name.length - i - 1 <= NAME ? i : -2;
      }
    }
    return -2;
  }

  private static byte[] paxName(String path) {
    String name = name(path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
    StringBuilder ascii = new StringBuilder("PaxHeaders.0/");
    for (int i = 0; i < name.length() && ascii.length() < NAME; i++) {
      char c = name.charAt(i);
      ascii.append(c > ' ' && c < 0x7f ? c : '_');
    }
    return ascii.toString().getBytes(US_ASCII);
  }

  private void compose(
      byte[] name,
      int split,
      int mode,
      long uid,
      long gid,
      long size,
      long mtime,
      char type,
      byte[] target,
      int major,
      int minor)
      throws IOException {
    Arrays.fill(header, (byte) 0);
    if (split > 0) {
      System.arraycopy(name, 0, header, 345, split);
      System.arraycopy(name, split + 1, header, 0, name.length - split - 1);
    } else {
      System.arraycopy(name, 0, header, 0, Math.min(name.length, NAME));
    }
    octal(mode, 100, 8);
    octal(uid, 108, 8);
    octal(gid, 116, 8);
    octal(size, 124, 12);
    octal(mtime, 136, 12);
    header[156] = (byte) type;
    System.arraycopy(target, 0, header, 157, Math.min(target.length, NAME));
    byte[] magic = {'u', 's', 't', 'a', 'r', 0, '0', '0'};
    System.arraycopy(magic, 0, header, 257, 8);
    octal(major, 329, 8);
    octal(minor, 337, 8);
    Arrays.fill(header, 148, 156, (byte) ' ');
    octal(sum(split, name.length, target.length), 148, 7);
    out.write(header, 0, BLOCK);
  }

  /** Of all bytes; most are zero, and are left out. */
  private int sum(int split, int name, int target) {
    return sum(0, Math.min(name, NAME))
        + sum(100, 157 + Math.min(target, NAME))
        + sum(257, 265)
        + sum(329, 345 + Math.max(0, split));
  }

  private int sum(int from, int to) {
    int sum = 0;
    for (int i = from; i < to; i++) {
      sum += header[i] & 0xff;
    }
    return sum;
  }

  /** Octal digits that fill the field but for a NUL; 0 where PAX has the number. */
  private void octal(long value, int offset, int width) {
    int digits = width - 1;
    long rest = value < 0 || value >>> (3 * digits) != 0 ? 0 : value;
    for (int i = offset + digits - 1; i >= offset; i--) {
      header[i] = (byte) ('0' + (rest & 7));
      rest >>>= 3;
    }
    header[offset + digits] = 0;
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static String parentPrefix(String path) {
    return path.substring(0, path.lastIndexOf('/') + 1);
  }
}
