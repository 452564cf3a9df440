package dev.slipway.builder.layer;

import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.Xattrs;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Paths and what is known of each, as one run of bytes that is searched where it lies. A base image
 * has ten thousand paths and a COPY asks for five: taking the others apart, in a JVM that has just
 * started, would take longer than the rest of a small build. Immutable.
 */
final class PathTable {
  private static final byte HAS_ITEM = 1;
  private static final byte IMPLIED = 2;
  private static final byte DELETED = 4;
  private static final byte OPAQUE = 8;

  private final byte[] bytes;
  private final ByteBuffer table;
  private final int rows;

  /**
   * What a layer has of one path.
   *
   * @param implied there is a directory, because something is in it
   * @param deleted lower layers' object is hidden
   * @param opaque what lower layers have inside is hidden
   */
  record Row(Skeleton.@Nullable Item item, boolean implied, boolean deleted, boolean opaque) {
    static final Row NONE = new Row(null, false, false, false);
  }

  private PathTable(byte[] bytes) {
    this.bytes = bytes;
    this.table = ByteBuffer.wrap(bytes);
    this.rows = table.getInt(0);
  }

  /**
   * A table that was kept.
   *
   * @param bytes as {@link #bytes} gave them; not copied
   */
  static PathTable of(byte[] bytes) {
    return new PathTable(bytes);
  }

  static PathTable of(Map<String, Row> rows) {
    List<String> paths = new ArrayList<>(rows.keySet());
    paths.sort(FileName.BYTE_ORDER);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    ByteBuffer index = ByteBuffer.allocate(Integer.BYTES * (paths.size() + 1));
    index.putInt(paths.size());
    try (DataOutputStream out = new DataOutputStream(body)) {
      for (String path : paths) {
        index.putInt(index.capacity() + body.size());
        write(path, rows.getOrDefault(path, Row.NONE), out);
      }
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory cannot fail", e);
    }
    byte[] all = Arrays.copyOf(index.array(), index.capacity() + body.size());
    System.arraycopy(body.toByteArray(), 0, all, index.capacity(), body.size());
    return new PathTable(all);
  }

  private static void write(String path, Row row, DataOutputStream out) throws IOException {
    Skeleton.Item item = row.item();
    writeBytes(FileName.encode(path), out);
    out.writeByte(
        (item == null ? 0 : HAS_ITEM)
            | (row.implied() ? IMPLIED : 0)
            | (row.deleted() ? DELETED : 0)
            | (row.opaque() ? OPAQUE : 0));
    if (item == null) {
      return;
    }
    Attributes attributes = item.attributes();
    out.writeInt(item.type().bits() | attributes.mode());
    out.writeInt((int) attributes.uid());
    out.writeInt((int) attributes.gid());
    out.writeLong(attributes.mtime());
    writeBytes(FileName.encode(item.target()), out);
    Xattrs xattrs = attributes.xattrs();
    out.writeInt(xattrs.names().size());
    for (String name : xattrs.names()) {
      byte[] value = xattrs.get(name);
      writeBytes(FileName.encode(name), out);
      writeBytes(value == null ? new byte[0] : value, out);
    }
  }

  private static void writeBytes(byte[] value, DataOutputStream out) throws IOException {
    out.writeInt(value.length);
    out.write(value);
  }

  /** What to keep. The array is this table's own: not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  /** What there is of a path; nothing at all is a row too. */
  Row find(String path) {
    byte[] wanted = FileName.encode(path);
    int low = 0;
    int high = rows - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int at = table.getInt(Integer.BYTES * (middle + 1));
      int from = at + Integer.BYTES;
      int to = from + table.getInt(at);
      int order = Arrays.compareUnsigned(bytes, from, to, wanted, 0, wanted.length);
      if (order == 0) {
        return row(table.duplicate().position(to));
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return Row.NONE;
  }

  private static Row row(ByteBuffer in) {
    int flags = in.get();
    return new Row(
        (flags & HAS_ITEM) == 0 ? null : item(in),
        (flags & IMPLIED) != 0,
        (flags & DELETED) != 0,
        (flags & OPAQUE) != 0);
  }

  private static Skeleton.Item item(ByteBuffer in) {
    int mode = in.getInt();
    long uid = Integer.toUnsignedLong(in.getInt());
    long gid = Integer.toUnsignedLong(in.getInt());
    long mtime = in.getLong();
    String target = FileName.decode(readBytes(in));
    Map<String, byte[]> xattrs = new HashMap<>();
    for (int left = in.getInt(); left > 0; left--) {
      String name = FileName.decode(readBytes(in));
      xattrs.put(name, readBytes(in));
    }
    return new Skeleton.Item(
        FileType.ofMode(mode),
        new Attributes(mode & 07777, uid, gid, mtime, Xattrs.of(xattrs)),
        target);
  }

  private static byte[] readBytes(ByteBuffer in) {
    byte[] value = new byte[in.getInt()];
    in.get(value);
    return value;
  }
}
