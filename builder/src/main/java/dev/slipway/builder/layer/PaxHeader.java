package dev.slipway.builder.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.Xattrs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The records of a PAX extended header that was read. A value of no bytes takes back what a global
 * header said; of an extended attribute, it is a value like others.
 *
 * @param sparse offsets and lengths of GNU sparse format 0.0, which repeats its keywords
 */
record PaxHeader(Map<String, byte[]> records, List<Long> sparse) {
  static final PaxHeader EMPTY = new PaxHeader(Map.of(), List.of());

  private static final String XATTR = "SCHILY.xattr.";

  static PaxHeader parse(byte[] bytes) {
    Map<String, byte[]> records = new HashMap<>();
    List<Long> sparse = new ArrayList<>();
    int at = 0;
    while (at < bytes.length) {
      if (bytes[at] == 0) {
        // Padding inside the header, which some programs write.
        break;
      }
      int space = indexOf(bytes, ' ', at, Math.min(bytes.length, at + 10));
      long length = space < 0 ? -1 : parseNumber(Arrays.copyOfRange(bytes, at, space));
      if (length < space - at + 3 || length > bytes.length - at) {
        throw TarInput.invalid("a PAX record has a wrong length");
      }
      int end = at + (int) length;
      int equals = indexOf(bytes, '=', space + 1, end - 1);
      if (bytes[end - 1] != '\n' || equals <= space + 1) {
        throw TarInput.invalid("a PAX record is no \"keyword=value\"");
      }
      String key = FileName.decode(bytes, space + 1, equals - space - 1);
      byte[] value = Arrays.copyOfRange(bytes, equals + 1, end - 1);
      if (key.equals("GNU.sparse.offset") || key.equals("GNU.sparse.numbytes")) {
        // They come in pairs, an offset first.
        if (key.equals("GNU.sparse.offset") != (sparse.size() % 2 == 0)) {
          throw TarInput.invalid("a sparse file's offsets and lengths do not alternate");
        }
        sparse.add(parseNumber(value));
      } else {
        records.put(key, value);
      }
      at = end;
    }
    return new PaxHeader(records, sparse);
  }

  PaxHeader overriddenBy(PaxHeader other) {
    if (records.isEmpty()) {
      return other;
    }
    Map<String, byte[]> merged = new HashMap<>(records);
    merged.putAll(other.records);
    return new PaxHeader(merged, other.sparse);
  }

  byte[] bytes(String key, byte[] otherwise) {
    byte[] value = records.get(key);
    return value == null || value.length == 0 ? otherwise : value;
  }

  @Nullable String text(String key) {
    byte[] value = records.get(key);
    return value == null || value.length == 0 ? null : FileName.decode(value);
  }

  /** A decimal number; a fraction is cut off. */
  long number(String key, long otherwise) {
    byte[] value = records.get(key);
    return value == null || value.length == 0 ? otherwise : parseNumber(value);
  }

  /** A time; what is before a whole second belongs to the second before, as with clocks. */
  long seconds(String key, long otherwise) {
    byte[] value = records.get(key);
    if (value == null || value.length == 0) {
      return otherwise;
    }
    int dot = indexOf(value, '.', 0, value.length);
    if (dot < 0) {
      return parseNumber(value);
    }
    boolean negative = value[0] == '-';
    byte[] whole = Arrays.copyOf(value, dot);
    long seconds = dot == 0 || (dot == 1 && negative) ? 0 : parseNumber(whole);
    boolean fraction = false;
    for (int i = dot + 1; i < value.length; i++) {
      if (value[i] < '0' || value[i] > '9') {
        throw notANumber(value);
      }
      fraction |= value[i] != '0';
    }
    return negative && fraction ? seconds - 1 : seconds;
  }

  Xattrs xattrs() {
    Map<String, byte[]> found = null;
    for (Map.Entry<String, byte[]> record : records.entrySet()) {
      if (record.getKey().startsWith(XATTR)) {
        if (found == null) {
          found = new HashMap<>();
        }
        found.put(record.getKey().substring(XATTR.length()), record.getValue());
      }
    }
    return found == null ? Xattrs.EMPTY : XattrPolicy.image(Xattrs.of(found));
  }

  static long parseNumber(byte[] value) {
    try {
      return Long.parseLong(new String(value, US_ASCII));
    } catch (NumberFormatException e) {
      throw notANumber(value);
    }
  }

  private static RuntimeException notANumber(byte[] value) {
    String shown = FileName.decode(value, 0, Math.min(value.length, 40));
    return TarInput.invalid("a PAX record says \"" + shown + "\" where a number belongs");
  }

  private static int indexOf(byte[] bytes, char wanted, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }
}
