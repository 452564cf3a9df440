package dev.slipway.builder.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the data of a sparse file belongs; the rest of it is zeros. See the manual of GNU tar, <a
 * href="https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html">Storing Sparse
 * Files</a>.
 *
 * @param size of the whole file
 * @param extents offset and length by turns, in order, not overlapping
 */
record SparseMap(long size, List<Long> extents) {
  /** A map of this many extents is hostile: it alone is as large as a layer. */
  private static final int MAX_NUMBERS = 2_000_000;

  SparseMap {
    long end = 0;
    if (size < 0 || extents.size() % 2 != 0) {
      throw TarInput.invalid("a sparse file has no proper map");
    }
    for (int i = 0; i < extents.size(); i += 2) {
      long offset = extents.get(i);
      long length = extents.get(i + 1);
      if (offset < end || length < 0 || length > size - offset) {
        throw TarInput.invalid("the parts of a sparse file overlap or lie outside of it");
      }
      end = offset + length;
    }
  }

  /** The map of the entry whose data comes next, or null if it is not sparse. */
  static @Nullable SparseMap of(TarHeader header, PaxHeader pax, TarInput in) throws IOException {
    if (header.type() == 'S') {
      return old(header.block(), in);
    }
    if ("1".equals(pax.text("GNU.sparse.major"))) {
      return new SparseMap(pax.number("GNU.sparse.realsize", -1), readMap(in));
    }
    String map = pax.text("GNU.sparse.map");
    if (map != null) {
      List<Long> extents = new ArrayList<>();
      for (String number : map.split(",", -1)) {
        extents.add(PaxHeader.parseNumber(number.getBytes(US_ASCII)));
      }
      return new SparseMap(pax.number("GNU.sparse.size", -1), extents);
    }
    if (!pax.sparse().isEmpty() || pax.text("GNU.sparse.size") != null) {
      return new SparseMap(pax.number("GNU.sparse.size", -1), pax.sparse());
    }
    return null;
  }

  /** Four extents in the header itself, and 21 in each block that follows it. */
  private static SparseMap old(byte[] header, TarInput in) throws IOException {
    List<Long> extents = new ArrayList<>();
    addAll(extents, header, 386, 4);
    byte[] block = header;
    boolean more = block[482] != 0;
    while (more) {
      if (extents.size() > MAX_NUMBERS) {
        throw TarInput.invalid("a sparse file has too many parts");
      }
      block = in.readExtensionBlock();
      addAll(extents, block, 0, 21);
      more = block[504] != 0;
    }
    return new SparseMap(TarHeader.number(header, 483, 12), extents);
  }

  private static void addAll(List<Long> extents, byte[] block, int offset, int count) {
    for (int i = 0; i < count; i++) {
      int at = offset + 24 * i;
      if (block[at] == 0) {
        return;
      }
      extents.add(TarHeader.number(block, at, 12));
      extents.add(TarHeader.number(block, at + 12, 12));
    }
  }

  /** Format 1.0: decimal numbers, one a line, in the first blocks of the data. */
  private static List<Long> readMap(TarInput in) throws IOException {
    List<Long> numbers = new ArrayList<>();
    byte[] block = new byte[TarWriter.BLOCK];
    byte[] digits = new byte[20];
    int length = 0;
    long wanted = 1;
    while (numbers.size() < wanted) {
      in.readData(block);
      for (int i = 0; i < block.length && numbers.size() < wanted; i++) {
        if (block[i] == '\n') {
          numbers.add(PaxHeader.parseNumber(Arrays.copyOf(digits, length)));
          length = 0;
          if (numbers.size() == 1) {
            wanted = 1 + 2 * numbers.getFirst();
            if (wanted < 1 || wanted > MAX_NUMBERS) {
              throw TarInput.invalid("a sparse file has too many parts");
            }
          }
        } else if (length < digits.length) {
          digits[length++] = block[i];
        } else {
          throw TarInput.invalid("a sparse file has no proper map");
        }
      }
    }
    return numbers.subList(1, numbers.size());
  }

  /** How many bytes of the archive hold the parts. */
  long dataSize() {
    long sum = 0;
    for (int i = 1; i < extents.size(); i += 2) {
      sum += extents.get(i);
    }
    return sum;
  }

  /** The whole file, from a stream of its parts. */
  Expanded expand(InputStream parts) {
    return new Expanded(parts);
  }

  final class Expanded extends InputStream {
    private final InputStream parts;
    private long position;
    private int next;

    Expanded(InputStream parts) {
      this.parts = parts;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /** Passes over the hole that comes next, if one does; how long it was. */
    long skipHole() {
      while (next < extents.size() && position == extents.get(next) + extents.get(next + 1)) {
        next += 2;
      }
      long hole = (next < extents.size() ? extents.get(next) : size) - position;
      hole = Math.max(0, hole);
      position += hole;
      return hole;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      while (next < extents.size() && position == extents.get(next) + extents.get(next + 1)) {
        next += 2;
      }
      if (position == size || length == 0) {
        return position == size ? -1 : 0;
      }
      long start = next < extents.size() ? extents.get(next) : size;
      if (position < start) {
        int n = (int) Math.min(length, start - position);
        Arrays.fill(target, offset, offset + n, (byte) 0);
        position += n;
        return n;
      }
      int wanted = (int) Math.min(length, start + extents.get(next + 1) - position);
      int n = parts.read(target, offset, wanted);
      if (n < 0) {
        throw TarInput.invalid("it ends in the middle of a sparse file");
      }
      position += n;
      return n;
    }
  }
}
