package dev.slipway.builder.linux;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/**
 * File names, which to Linux are bytes, as Java strings: UTF-8 where it is, and each byte of
 * anything else as a lone surrogate U+DC80..U+DCFF. {@code encode(decode(x))} is {@code x} for all
 * bytes. (Python calls this {@code surrogateescape}, PEP 383.)
 */
public final class FileName {
  private static final char ESCAPE = '\uDC00';

  /**
   * Orders paths component by component, each by its bytes: a directory comes before what is in it,
   * and that before the directory's next sibling. This is the order of a sorted depth-first walk.
   */
  public static final Comparator<String> PATH_ORDER = FileName::comparePaths;

  /** Orders single names by their bytes, as unsigned numbers. */
  public static final Comparator<String> BYTE_ORDER = FileName::compareNames;

  private FileName() {}

  /** The name that {@code bytes} stand for. */
  public static String decode(byte[] bytes) {
    return decode(bytes, 0, bytes.length);
  }

  /** The name that a part of {@code bytes} stands for. */
  public static String decode(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] < 0) {
        return decodeEscaping(bytes, offset, length);
      }
    }
    return new String(bytes, offset, length, StandardCharsets.ISO_8859_1);
  }

  private static String decodeEscaping(byte[] bytes, int offset, int length) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes, offset, length);
    CharBuffer out = CharBuffer.allocate(length);
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (result.isUnderflow()) {
        return out.flip().toString();
      }
      for (int i = result.length(); i > 0; i--) {
        out.put((char) (ESCAPE + (in.get() & 0xff)));
      }
    }
  }

  /**
   * The bytes of {@code name}.
   *
   * @throws IllegalArgumentException if it holds a lone surrogate that {@link #decode} never makes
   */
  public static byte[] encode(String name) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    // Mostly it is ASCII, and this tells it sooner than a look at each character would: half a
    // surrogate pair has become a question mark.
    boolean ascii = utf8.length == name.length();
    for (int i = 0; i < utf8.length && ascii; i++) {
      ascii = utf8[i] != '?';
    }
    if (ascii) {
      return utf8;
    }
    boolean plain = true;
    for (int i = 0; i < name.length() && plain; i++) {
      plain = !Character.isSurrogate(name.charAt(i));
    }
    return plain ? utf8 : encodeEscaped(name);
  }

  private static byte[] encodeEscaped(String name) {
    byte[] out = new byte[name.length() * 3];
    int size = 0;
    int i = 0;
    while (i < name.length()) {
      int point = name.codePointAt(i);
      i += Character.charCount(point);
      if (point >= ESCAPE + 0x80 && point <= ESCAPE + 0xff) {
        out[size++] = (byte) (point - ESCAPE);
      } else if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
        throw new IllegalArgumentException("not a file name: it holds half a surrogate pair");
      } else {
        byte[] utf8 = Character.toString(point).getBytes(StandardCharsets.UTF_8);
        System.arraycopy(utf8, 0, out, size, utf8.length);
        size += utf8.length;
      }
    }
    return Arrays.copyOf(out, size);
  }

  /** Whether {@code name} holds bytes that are not UTF-8. */
  public static boolean isEscaped(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (Character.isHighSurrogate(c)) {
        i++;
      } else if (Character.isLowSurrogate(c)) {
        return true;
      }
    }
    return false;
  }

  /** The path of {@code name} in a directory, whose own path is empty where it is the root. */
  public static String join(String directory, String name) {
    return directory.isEmpty() ? name : directory + '/' + name;
  }

  private static int compareNames(String a, String b) {
    return compare(a, b, false);
  }

  private static int comparePaths(String a, String b) {
    return compare(a, b, true);
  }

  private static int compare(String a, String b, boolean paths) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x == y) {
        continue;
      }
      if (paths && (x == '/' || y == '/')) {
        return x == '/' ? -1 : 1;
      }
      // UTF-16 and UTF-8 disagree on order only where a surrogate takes part.
      if (Character.isSurrogate(x) || Character.isSurrogate(y)) {
        int from = i > 0 && Character.isHighSurrogate(a.charAt(i - 1)) ? i - 1 : i;
        return compareBytes(encode(a.substring(from)), encode(b.substring(from)), paths);
      }
      return x - y;
    }
    return a.length() - b.length();
  }

  private static int compareBytes(byte[] a, byte[] b, boolean paths) {
    int i = Arrays.mismatch(a, b);
    if (i < 0 || i >= a.length || i >= b.length) {
      return a.length - b.length;
    }
    if (paths && (a[i] == '/' || b[i] == '/')) {
      return a[i] == '/' ? -1 : 1;
    }
    return Byte.compareUnsigned(a[i], b[i]);
  }
}
