package dev.slipway.builder.image;

/** How the tar of a layer is compressed. */
public enum Compression {
  NONE,
  GZIP,
  ZSTD
}
