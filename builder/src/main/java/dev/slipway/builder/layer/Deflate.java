package dev.slipway.builder.layer;

import java.util.Arrays;
import java.util.zip.Deflater;

/**
 * Compresses chunks into pieces that, put one after the other, are one deflate stream (RFC 1951).
 * Each piece depends only on its chunk and the end of the one before, so that they can be made in
 * any order and by any number of threads, and the bytes are always the same.
 */
final class Deflate implements AutoCloseable {
  private static final int MAX_STORED = 65_535;

  private final Deflater deflater;
  private final boolean storeOnly;

  Deflate(int level) {
    deflater = new Deflater(level, true);
    storeOnly = level == 0;
  }

  void pack(Chunk chunk) {
    if (storeOnly || !worthTrying(chunk.data, chunk.length)) {
      store(chunk);
      return;
    }
    deflater.reset();
    if (chunk.dictionaryLength > 0) {
      deflater.setDictionary(chunk.dictionary, 0, chunk.dictionaryLength);
    }
    deflater.setInput(chunk.data, 0, chunk.length);
    int n;
    if (chunk.last) {
      deflater.finish();
      n = deflater.deflate(chunk.packed, 0, chunk.packed.length);
    } else {
      // Ends on a byte boundary with an empty stored block, so that the next piece can follow.
      n = deflater.deflate(chunk.packed, 0, chunk.packed.length, Deflater.SYNC_FLUSH);
    }
    if (n == chunk.packed.length || n > storedLength(chunk.length)) {
      store(chunk);
    } else {
      chunk.packedLength = n;
    }
  }

  private static int storedLength(int length) {
    return length + 5 * Math.max(1, (length + MAX_STORED - 1) / MAX_STORED);
  }

  /** Stored blocks: a header byte, the length, its complement, the bytes. */
  private static void store(Chunk chunk) {
    int out = 0;
    int in = 0;
    do {
      int part = Math.min(MAX_STORED, chunk.length - in);
      boolean end = chunk.last && in + part == chunk.length;
      chunk.packed[out] = (byte) (end ? 1 : 0);
      chunk.packed[out + 1] = (byte) part;
      chunk.packed[out + 2] = (byte) (part >>> 8);
      chunk.packed[out + 3] = (byte) ~part;
      chunk.packed[out + 4] = (byte) (~part >>> 8);
      System.arraycopy(chunk.data, in, chunk.packed, out + 5, part);
      out += 5 + part;
      in += part;
    } while (in < chunk.length);
    chunk.packedLength = out;
  }

  /**
   * Whether some part of the data looks compressible. Bytes that are encrypted or compressed
   * already are evenly spread, and deflate would spend most of its time on them for nothing.
   *
   * <p>In 2,048 random bytes, about n²/2/256 = 8,192 pairs are equal; text has ten times as many.
   * One compressible strip is enough to try, so that a chunk of mixed content is never given up.
   */
  static boolean worthTrying(byte[] data, int length) {
    int strip = 2048;
    int step = 16 * 1024;
    if (length < step) {
      return true;
    }
    int[] counts = new int[256];
    for (int start = 0; start + strip <= length; start += step) {
      Arrays.fill(counts, 0);
      for (int i = start; i < start + strip; i++) {
        counts[data[i] & 0xff]++;
      }
      int pairs = 0;
      for (int count : counts) {
        pairs += count * (count - 1) / 2;
      }
      // Random data stays below 9,000 in all but one of many millions of strips.
      if (pairs > 9_000) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    deflater.end();
  }
}
