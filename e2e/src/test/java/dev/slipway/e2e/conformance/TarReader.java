package dev.slipway.e2e.conformance;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads tar as bytes: ustar, PAX records and GNU long names. It decodes nothing, resolves nothing
 * and refuses what it does not know.
 */
final class TarReader {
  private static final int BLOCK = 512;
  private static final int SHORT_TEXT = 512;

  private final InputStream in;
  private final byte[] header = new byte[BLOCK];
  private final SortedMap<String, String> global = new TreeMap<>();
  private long remaining;
  private long padding;

  TarReader(InputStream in) {
    this.in = in;
  }

  /** The next object, or null at the end. The body of a regular file is read and digested. */
  @Nullable Entry next() throws IOException {
    Raw raw = nextRaw();
    if (raw == null) {
      return null;
    }
    String path = trim(raw.path());
    String name = path.substring(path.lastIndexOf('/') + 1);
    String parent = path.contains("/") ? path.substring(0, path.lastIndexOf('/')) : "";
    if (name.equals(".wh..wh..opq")) {
      return entry(raw, 'o', parent, "");
    }
    if (name.startsWith(".wh.")) {
      String gone = name.substring(4);
      return entry(raw, 'w', parent.isEmpty() ? gone : parent + "/" + gone, "");
    }
    return switch (raw.type()) {
      case '0', 0 ->
          raw.path().endsWith("/") ? entry(raw, 'd', path, "") : entry(raw, 'f', path, body());
      case '1' -> entry(raw, 'h', path, "");
      case '2' -> entry(raw, 'l', path, "");
      case '3' -> entry(raw, 'c', path, "");
      case '4' -> entry(raw, 'b', path, "");
      case '5' -> entry(raw, 'd', path, "");
      case '6' -> entry(raw, 'p', path, "");
      default -> throw new IOException("tar type " + (char) raw.type() + " of " + path);
    };
  }

  /** Reads on to the end, and keeps what every regular file holds, by name. */
  void files(Map<String, byte[]> into) throws IOException {
    for (Raw raw = nextRaw(); raw != null; raw = nextRaw()) {
      if (raw.type() == '0' || raw.type() == 0) {
        into.put(trim(raw.path()), in.readNBytes((int) remaining));
        remaining = 0;
      }
    }
  }

  private record Raw(
      int type,
      String path,
      String link,
      int mode,
      long uid,
      long gid,
      long mtime,
      SortedMap<String, String> xattrs,
      String device) {}

  private static Entry entry(Raw raw, char type, String path, String content) {
    return new Entry(
        type,
        path,
        raw.mode() & 07777,
        raw.uid(),
        raw.gid(),
        raw.mtime(),
        type == 'h' ? trim(raw.link()) : type == 'l' ? raw.link() : "",
        content,
        raw.xattrs(),
        type == 'c' || type == 'b' ? raw.device() : "");
  }

  private @Nullable Raw nextRaw() throws IOException {
    SortedMap<String, String> pax = new TreeMap<>(global);
    String longName = null;
    String longLink = null;
    while (true) {
      skip(remaining + padding);
      if (!readHeader()) {
        return null;
      }
      int type = header[156];
      setSize(number(124, 12));
      switch (type) {
        case 'x' -> records(all(), pax);
        case 'g' -> {
          records(all(), global);
          pax.putAll(global);
        }
        case 'L' -> longName = terminated(all());
        case 'K' -> longLink = terminated(all());
        default -> {
          return finish(type, pax, longName, longLink);
        }
      }
    }
  }

  private Raw finish(
      int type, SortedMap<String, String> pax, @Nullable String longName, @Nullable String longLink)
      throws IOException {
    String name = string(0, 100);
    String prefix = string(257, 6).startsWith("ustar") && header[262] == 0 ? string(345, 155) : "";
    String path = prefix.isEmpty() ? name : prefix + "/" + name;
    if (pax.containsKey("size")) {
      setSize(Long.parseLong(pax.getOrDefault("size", "0")));
    }
    if (type != '0' && type != 0) {
      setSize(0);
    }
    SortedMap<String, String> xattrs = new TreeMap<>();
    pax.forEach((key, value) -> {
      if (key.startsWith("SCHILY.xattr.")) {
        xattrs.put(key.substring("SCHILY.xattr.".length()), value);
      }
    });
    String mtime = pax.get("mtime");
    return new Raw(
        type,
        pax.getOrDefault("path", longName != null ? longName : path),
        pax.getOrDefault("linkpath", longLink != null ? longLink : string(157, 100)),
        (int) number(100, 8),
        pax.containsKey("uid") ? Long.parseLong(pax.getOrDefault("uid", "")) : number(108, 8),
        pax.containsKey("gid") ? Long.parseLong(pax.getOrDefault("gid", "")) : number(116, 8),
        mtime == null ? number(136, 12) : (long) Math.floor(Double.parseDouble(mtime)),
        xattrs,
        number(329, 8) + ":" + number(337, 8));
  }

  /** Reads the body; short text is kept, anything else becomes size and digest. */
  private String body() throws IOException {
    long size = remaining;
    MessageDigest sha256 = sha256();
    ByteArrayOutputStream start = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 16];
    while (remaining > 0) {
      int n = in.read(buffer, 0, (int) Math.min(buffer.length, remaining));
      if (n < 0) {
        throw new EOFException("tar ends inside a file");
      }
      remaining -= n;
      sha256.update(buffer, 0, n);
      if (start.size() <= SHORT_TEXT) {
        start.write(buffer, 0, n);
      }
    }
    if (size <= SHORT_TEXT) {
      String text = start.toString(StandardCharsets.ISO_8859_1);
      if (text.chars()
          .allMatch(c -> c == '\n' || c == '\t' || c == '\r' || (c >= ' ' && c < 127))) {
        return Entry.quoted(text);
      }
    }
    return size + ":" + HexFormat.of().formatHex(sha256.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String trim(String path) {
    String result = path;
    while (result.startsWith("./")) {
      result = result.substring(2);
    }
    while (result.startsWith("/")) {
      result = result.substring(1);
    }
    while (result.endsWith("/")) {
      result = result.substring(0, result.length() - 1);
    }
    return result.equals(".") ? "" : result;
  }

  private boolean readHeader() throws IOException {
    int n = in.readNBytes(header, 0, BLOCK);
    if (n == 0) {
      return false;
    }
    if (n < BLOCK) {
      throw new EOFException("tar ends inside a header");
    }
    for (byte b : header) {
      if (b != 0) {
        return true;
      }
    }
    return false;
  }

  private void setSize(long size) {
    remaining = size;
    padding = (BLOCK - size % BLOCK) % BLOCK;
  }

  private String all() throws IOException {
    byte[] bytes = in.readNBytes((int) remaining);
    remaining = 0;
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static void records(String data, SortedMap<String, String> into) {
    int at = 0;
    while (at < data.length() && data.charAt(at) != 0) {
      int space = data.indexOf(' ', at);
      int length = Integer.parseInt(data.substring(at, space));
      String record = data.substring(space + 1, at + length - 1);
      int equals = record.indexOf('=');
      into.put(record.substring(0, equals), record.substring(equals + 1));
      at += length;
    }
  }

  private void skip(long bytes) throws IOException {
    // Read, not skipped: a stream that digests does not see what is skipped.
    byte[] buffer = new byte[(int) Math.min(bytes, 1 << 16)];
    for (long left = bytes; left > 0; ) {
      int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (n < 0) {
        throw new EOFException("tar ends inside a file");
      }
      left -= n;
    }
  }

  private static String terminated(String value) {
    int end = value.indexOf(0);
    return end < 0 ? value : value.substring(0, end);
  }

  private String string(int offset, int length) {
    return terminated(new String(header, offset, length, StandardCharsets.ISO_8859_1));
  }

  private long number(int offset, int length) throws IOException {
    if ((header[offset] & 0x80) != 0) { // base 256
      long value = header[offset] & 0x3f;
      for (int i = 1; i < length; i++) {
        value = (value << 8) | (header[offset + i] & 0xff);
      }
      return value;
    }
    String digits = string(offset, length).trim();
    try {
      return digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
    } catch (NumberFormatException e) {
      throw new IOException("not a tar number: " + Entry.text(digits), e);
    }
  }
}
