package dev.slipway.e2e.conformance;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One file-system object as a tar archive holds it. Names, link targets and xattr values are bytes:
 * one char U+0000..U+00FF each, so that any name survives.
 *
 * @param type f regular, d directory, l symlink, h hard link, c and b devices, p FIFO, w whiteout,
 *     o opaque marker of the directory {@code path}
 * @param path without leading or trailing slash; the root is the empty string
 * @param mtime seconds since 1970
 * @param content what a regular file holds: a short text quoted, otherwise size and SHA-256
 * @param device {@code major:minor}, empty for all but devices
 */
record Entry(
    char type,
    String path,
    int mode,
    long uid,
    long gid,
    long mtime,
    String link,
    String content,
    SortedMap<String, String> xattrs,
    String device) {

  /** Times from here on, and zero, are of the build that is compared, and so are left out. */
  static final long CLOCK = 1_767_225_600L; // 2026-01-01

  Entry {
    xattrs = Collections.unmodifiableSortedMap(new TreeMap<>(xattrs));
  }

  boolean isDirectory() {
    return type == 'd';
  }

  Entry at(String newPath) {
    return new Entry(type, newPath, mode, uid, gid, mtime, link, content, xattrs, device);
  }

  /** All but name and time: what makes one directory differ from another. */
  boolean sameAttributes(Entry other) {
    return type == other.type
        && mode == other.mode
        && uid == other.uid
        && gid == other.gid
        && xattrs.equals(other.xattrs);
  }

  /** One line of a golden: {@code f 0644 0:0 app/a.txt "hello\n" @1700000000}. */
  String line() {
    StringBuilder line = new StringBuilder(80);
    line.append(type).append(' ');
    line.append(type == 'l' ? "----" : "%04o".formatted(mode));
    line.append(' ').append(uid).append(':').append(gid).append(' ').append(text(path));
    if (type == 'l') {
      line.append(" -> ").append(text(link));
    }
    if (!content.isEmpty()) {
      line.append(' ').append(content);
    }
    if (!device.isEmpty()) {
      line.append(' ').append(device);
    }
    for (Map.Entry<String, String> xattr : xattrs.entrySet()) {
      line.append(' ').append(text(xattr.getKey())).append('=').append(quoted(xattr.getValue()));
    }
    if (mtime != 0 && mtime < CLOCK && type != 'd') {
      line.append(" @").append(mtime);
    }
    return line.toString();
  }

  /** Bytes as a reader wants them: UTF-8 where they are, {@code \xNN} where not. */
  static String text(String bytes) {
    byte[] raw = bytes.getBytes(StandardCharsets.ISO_8859_1);
    String decoded;
    try {
      decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw)).toString();
    } catch (CharacterCodingException e) {
      decoded = null;
    }
    StringBuilder out = new StringBuilder(bytes.length());
    String source = decoded == null ? bytes : decoded;
    for (int i = 0; i < source.length(); i++) {
      char c = source.charAt(i);
      if (c == '\n') {
        out.append("\\n");
      } else if (c == '\t') {
        out.append("\\t");
      } else if (c == '\\') {
        out.append("\\\\");
      } else if (c < ' ' || c == 0x7f || (decoded == null && c > 0x7f)) {
        out.append("\\x%02x".formatted((int) c));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  static String quoted(String bytes) {
    return '"' + text(bytes).replace("\"", "\\\"") + '"';
  }
}
