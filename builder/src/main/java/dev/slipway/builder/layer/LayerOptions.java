package dev.slipway.builder.layer;

import dev.slipway.builder.image.Compression;

/**
 * How the blob of a layer is made. The bytes depend on the entries and on these options alone.
 *
 * @param level 0 to 9 for gzip, 1 to 22 for zstd, ignored for none
 */
public record LayerOptions(Compression compression, int level) {
  public LayerOptions {
    int max =
        switch (compression) {
          case NONE -> Integer.MAX_VALUE;
          case GZIP -> 9;
          case ZSTD -> 22;
        };
    int min = compression == Compression.ZSTD ? 1 : 0;
    if (level < min || level > max) {
      throw new IllegalArgumentException(
          "compression level " + level + " is not between " + min + " and " + max);
    }
  }

  /** The usual level of {@code compression}: 6 for gzip, 3 for zstd. */
  public static LayerOptions of(Compression compression) {
    return new LayerOptions(
        compression,
        switch (compression) {
          case NONE -> 0;
          case GZIP -> 6;
          case ZSTD -> 3;
        });
  }
}
