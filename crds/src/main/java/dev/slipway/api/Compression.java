package dev.slipway.api;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How layers are compressed. */
public enum Compression {
  /** Every runtime reads it. */
  @JsonProperty("gzip")
  GZIP,
  /** Smaller and faster; containerd, CRI-O and Docker read it since years. */
  @JsonProperty("zstd")
  ZSTD,
  /** As it is. */
  @JsonProperty("uncompressed")
  UNCOMPRESSED
}
