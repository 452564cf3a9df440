package dev.slipway.builder.image;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;

/** The two families of media types in which the same image can be written. */
public enum ImageFormat {
  /** OCI image specification 1.1. */
  OCI,
  /** Docker image manifest version 2, schema 2. */
  DOCKER;

  public MediaType manifest() {
    return this == OCI ? MediaType.OCI_MANIFEST : MediaType.DOCKER_MANIFEST;
  }

  public MediaType index() {
    return this == OCI ? MediaType.OCI_INDEX : MediaType.DOCKER_MANIFEST_LIST;
  }

  public MediaType config() {
    return this == OCI ? MediaType.OCI_CONFIG : MediaType.DOCKER_CONFIG;
  }

  /**
   * The type of a layer.
   *
   * @throws BuildException {@code UNSUPPORTED} for zstd in Docker's family, which has no such type
   */
  public MediaType layer(Compression compression) {
    return switch (compression) {
      case NONE -> this == OCI ? MediaType.OCI_LAYER : MediaType.DOCKER_LAYER;
      case GZIP -> this == OCI ? MediaType.OCI_LAYER_GZIP : MediaType.DOCKER_LAYER_GZIP;
      case ZSTD -> {
        if (this == DOCKER) {
          throw new BuildException(
              ErrorCode.UNSUPPORTED,
              "zstd layers cannot be written with Docker media types: use OCI media types or gzip");
        }
        yield MediaType.OCI_LAYER_ZSTD;
      }
    };
  }
}
