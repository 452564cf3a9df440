package dev.slipway.builder.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.slipway.builder.linux.FileName;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The records of one PAX extended header, ordered by keyword, with values as bytes. */
final class PaxRecords {
  private final Map<String, byte[]> records = new TreeMap<>(FileName.BYTE_ORDER);

  static PaxRecords with(@Nullable PaxRecords existing, String key, byte[] value) {
    PaxRecords pax = existing == null ? new PaxRecords() : existing;
    pax.records.put(key, value);
    return pax;
  }

  /** {@code "%d %s=%s\n"} each, where the number counts itself (POSIX, pax Extended Header). */
  byte[] toBytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    // hdrcharset says how to read the others, so that it comes first.
    byte[] charset = records.get("hdrcharset");
    if (charset != null) {
      append(out, "hdrcharset", charset);
    }
    records.forEach((key, value) -> {
      if (!key.equals("hdrcharset")) {
        append(out, key, value);
      }
    });
    return out.toByteArray();
  }

  private static void append(ByteArrayOutputStream out, String key, byte[] value) {
    byte[] keyword = FileName.encode(key);
    int payload = keyword.length + value.length + 3;
    int length = payload + Integer.toString(payload).length();
    if (Integer.toString(length).length() != Integer.toString(payload).length()) {
      length++;
    }
    out.writeBytes((length + " ").getBytes(US_ASCII));
    out.writeBytes(keyword);
    out.write('=');
    out.writeBytes(value);
    out.write('\n');
  }
}
