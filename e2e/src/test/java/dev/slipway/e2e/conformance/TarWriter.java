package dev.slipway.e2e.conformance;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes tar for base images, contexts and archives to ADD. Equal input gives equal bytes. */
final class TarWriter {
  private static final int BLOCK = 512;

  private final OutputStream out;

  TarWriter(OutputStream out) {
    this.out = out;
  }

  /** Adds {@code entry} under its path as written; {@code body} is what a regular file holds. */
  void add(Entry entry, byte[] body) throws IOException {
    SortedMap<String, String> pax = new TreeMap<>();
    String path =
        entry.isDirectory() && !entry.path().isEmpty() ? entry.path() + "/" : entry.path();
    if (path.isEmpty()) {
      path = "./";
    }
    if (path.length() > 100) {
      pax.put("path", path);
    }
    if (entry.link().length() > 100) {
      pax.put("linkpath", entry.link());
    }
    if (entry.uid() >= 1 << 21) {
      pax.put("uid", Long.toString(entry.uid()));
    }
    if (entry.gid() >= 1 << 21) {
      pax.put("gid", Long.toString(entry.gid()));
    }
    for (Map.Entry<String, String> xattr : entry.xattrs().entrySet()) {
      pax.put("SCHILY.xattr." + xattr.getKey(), xattr.getValue());
    }
    if (!pax.isEmpty()) {
      byte[] records = records(pax);
      header('x', "PaxHeaders/entry", "", 0644, 0, 0, records.length, 0, "");
      body(records);
    }
    char type =
        switch (entry.type()) {
          case 'f' -> '0';
          case 'h' -> '1';
          case 'l' -> '2';
          case 'c' -> '3';
          case 'b' -> '4';
          case 'd' -> '5';
          case 'p' -> '6';
          default -> throw new IllegalArgumentException("type " + entry.type());
        };
    header(
        type,
        path,
        entry.link(),
        entry.mode(),
        entry.uid(),
        entry.gid(),
        type == '0' ? body.length : 0,
        entry.mtime(),
        entry.device());
    if (type == '0') {
      body(body);
    }
  }

  void finish() throws IOException {
    out.write(new byte[2 * BLOCK]);
    out.flush();
  }

  private void header(
      char type,
      String path,
      String link,
      int mode,
      long uid,
      long gid,
      long size,
      long mtime,
      String device)
      throws IOException {
    byte[] block = new byte[BLOCK];
    put(block, 0, 100, path);
    put(block, 100, 8, "%07o".formatted(mode));
    put(block, 108, 8, "%07o".formatted(Math.min(uid, 07777777)));
    put(block, 116, 8, "%07o".formatted(Math.min(gid, 07777777)));
    put(block, 124, 12, "%011o".formatted(size));
    put(block, 136, 12, "%011o".formatted(mtime));
    put(block, 148, 8, "        ");
    block[156] = (byte) type;
    put(block, 157, 100, link);
    put(block, 257, 6, "ustar");
    put(block, 263, 2, "00");
    if (!device.isEmpty()) {
      int colon = device.indexOf(':');
      put(block, 329, 8, "%07o".formatted(Integer.parseInt(device.substring(0, colon))));
      put(block, 337, 8, "%07o".formatted(Integer.parseInt(device.substring(colon + 1))));
    }
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    put(block, 148, 8, "%06o\0 ".formatted(sum));
    out.write(block);
  }

  private void body(byte[] bytes) throws IOException {
    out.write(bytes);
    out.write(new byte[(BLOCK - bytes.length % BLOCK) % BLOCK]);
  }

  private static void put(byte[] block, int offset, int length, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, block, offset, Math.min(length, bytes.length));
  }

  private static byte[] records(SortedMap<String, String> pax) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (Map.Entry<String, String> record : pax.entrySet()) {
      String rest = " " + record.getKey() + "=" + record.getValue() + "\n";
      int length = rest.length();
      while (String.valueOf(length).length() + rest.length() != length) {
        length = String.valueOf(length).length() + rest.length();
      }
      all.writeBytes((length + rest).getBytes(StandardCharsets.ISO_8859_1));
    }
    return all.toByteArray();
  }
}
