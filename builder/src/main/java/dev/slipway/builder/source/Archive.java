package dev.slipway.builder.source;

import com.github.luben.zstd.ZstdInputStream;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.layer.BoundedStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * Tells tar archives, plain or compressed, from other files. Only the content decides, never the
 * name.
 */
public final class Archive {
  private static final int BLOCK = 512;

  /** Enough of the compressed stream to see one block of the tar, and room for its buffers. */
  private static final int PEEK = 64 * 1024;

  /** How much a decompressed tar may hold when nobody said otherwise. */
  public static final long MAX_BYTES = 64L << 30;

  private enum Packing {
    NONE,
    GZIP,
    BZIP2,
    XZ,
    ZSTD
  }

  private Archive() {}

  /**
   * The uncompressed tar in {@code in}, or empty where it is none; then nothing of {@code in} is
   * lost, if it supports {@code mark} (at least {@link #buffered}).
   *
   * @param in a stream made by {@link #buffered}
   */
  public static Optional<InputStream> tar(InputStream in) throws IOException {
    byte[] head = peek(in);
    Packing packing = packing(head);
    if (packing == Packing.NONE) {
      return isTarHeader(head, head.length) ? Optional.of(in) : Optional.empty();
    }
    in.mark(PEEK * 2);
    byte[] block = new byte[BLOCK];
    int read;
    try {
      // Not closed: that would close "in".
      read = open(packing, new Capped(in, PEEK)).readNBytes(block, 0, BLOCK);
    } catch (IOException e) {
      read = 0; // It only looks compressed, or its first block is beyond what was peeked at.
    }
    in.reset();
    return isTarHeader(block, read)
        ? Optional.of(new BoundedStream(open(packing, in), MAX_BYTES, Archive::tooLarge))
        : Optional.empty();
  }

  /** {@code in}, so that {@link #tar} can look at its start. */
  public static InputStream buffered(InputStream in) {
    return new BufferedInputStream(in, PEEK * 2);
  }

  /**
   * The name of the format of an archive or compression that this engine does not unpack, for a
   * refusal that says so.
   */
  static Optional<String> unsupported(InputStream in) throws IOException {
    byte[] head = peek(in);
    if (starts(head, 'P', 'K', 3, 4)) {
      return Optional.of("zip");
    }
    if (starts(head, 0x04, 0x22, 0x4d, 0x18)) {
      return Optional.of("lz4");
    }
    if (starts(head, 0x1f, 0x9d)) {
      return Optional.of("compress (.Z)");
    }
    if (starts(head, '7', 'z', 0xbc, 0xaf)) {
      return Optional.of("7z");
    }
    if (starts(head, 0x5d, 0, 0)) {
      return Optional.of("lzma");
    }
    Packing packing = packing(head);
    return packing == Packing.NONE
        ? Optional.empty()
        : Optional.of(packing.name().toLowerCase(java.util.Locale.ROOT) + " without a tar inside");
  }

  private static byte[] peek(InputStream in) throws IOException {
    in.mark(PEEK * 2);
    byte[] head = in.readNBytes(BLOCK);
    in.reset();
    return head;
  }

  private static Packing packing(byte[] head) {
    if (starts(head, 0x1f, 0x8b, 0x08)) {
      return Packing.GZIP;
    }
    if (starts(head, 'B', 'Z', 'h')) {
      return Packing.BZIP2;
    }
    if (starts(head, 0xfd, '7', 'z', 'X', 'Z', 0)) {
      return Packing.XZ;
    }
    return starts(head, 0x28, 0xb5, 0x2f, 0xfd) ? Packing.ZSTD : Packing.NONE;
  }

  private static InputStream open(Packing packing, InputStream in) throws IOException {
    return switch (packing) {
      case NONE -> in;
      case GZIP -> new GZIPInputStream(in, 16 * 1024);
      case BZIP2 -> new BZip2CompressorInputStream(in, true);
      case XZ -> new XZInputStream(in, 128 * 1024);
      case ZSTD -> new ZstdInputStream(in);
    };
  }

  /** Whether a block is the header of a tar entry: its checksum says so, as POSIX defines it. */
  private static boolean isTarHeader(byte[] block, int length) {
    if (length < BLOCK) {
      return false;
    }
    long unsigned = 0;
    long signed = 0;
    for (int i = 0; i < BLOCK; i++) {
      int b = i >= 148 && i < 156 ? ' ' : block[i];
      unsigned += b & 0xff;
      signed += b;
    }
    String field =
        new String(Arrays.copyOfRange(block, 148, 156), java.nio.charset.StandardCharsets.US_ASCII)
            .replace('\0', ' ')
            .strip();
    if (field.isEmpty() || !field.chars().allMatch(c -> c >= '0' && c <= '7')) {
      return false;
    }
    long sum = Long.parseLong(field, 8);
    return sum == unsigned || sum == signed;
  }

  private static boolean starts(byte[] head, int... magic) {
    if (head.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if ((head[i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }

  /** The first bytes of a stream, so that a decompressor's look-ahead stays within a mark. */
  private static final class Capped extends InputStream {
    private final InputStream in;
    private int left;

    Capped(InputStream in, int left) {
      this.in = in;
      this.left = left;
    }

    @Override
    public int read() throws IOException {
      if (left == 0) {
        return -1;
      }
      left--;
      return in.read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (left == 0) {
        return length == 0 ? 0 : -1;
      }
      int read = in.read(target, offset, Math.min(length, left));
      left -= Math.max(read, 0);
      return read;
    }
  }

  private static BuildException tooLarge() {
    return new BuildException(
        ErrorCode.CONTEXT_INVALID,
        "an archive holds more than " + (MAX_BYTES >> 30) + " GiB; it may be a bomb");
  }
}
