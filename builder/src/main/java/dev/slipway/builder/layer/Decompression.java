package dev.slipway.builder.layer;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Compression;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Compressions as their first bytes tell them. */
public final class Decompression {
  private static final int BUFFER = 64 * 1024;

  private Decompression() {}

  /** The compression that starts with these bytes, of which four are enough. */
  public static Compression detect(byte[] start) {
    if (start.length >= 2 && start[0] == 0x1f && start[1] == (byte) 0x8b) {
      return Compression.GZIP;
    }
    boolean four = start.length >= 4;
    if (four
        && start[0] == 0x28
        && start[1] == (byte) 0xb5
        && start[2] == 0x2f
        && start[3] == (byte) 0xfd) {
      return Compression.ZSTD;
    }
    // A skippable frame, with which zstd:chunked layers and parallel compressors may begin.
    if (four
        && (start[0] & 0xf0) == 0x50
        && start[1] == 0x2a
        && start[2] == 0x4d
        && start[3] == 0x18) {
      return Compression.ZSTD;
    }
    return Compression.NONE;
  }

  /**
   * What {@code in} holds, decompressed: gzip of any number of members, zstd of any number of
   * frames, or the bytes themselves. Malformed input is an IOException.
   *
   * @param in closed with the result
   */
  public static InputStream of(InputStream in) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(in, BUFFER);
    buffered.mark(4);
    byte[] start = buffered.readNBytes(4);
    buffered.reset();
    return switch (detect(start)) {
      case NONE -> buffered;
      case GZIP -> new Gunzip(buffered);
      case ZSTD -> {
        ZstdInputStreamNoFinalizer zstd = new ZstdInputStreamNoFinalizer(buffered);
        // 128 MiB: what zstd itself allows unless asked for more.
        zstd.setLongMax(27);
        yield zstd;
      }
    };
  }

  static BuildException malformed(IOException e) {
    return new BuildException(
        ErrorCode.IMAGE_INVALID, "the layer cannot be decompressed: " + e.getMessage(), e);
  }
}
