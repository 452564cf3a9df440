package dev.slipway.builder.image;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A media type as manifests and registries write it. Any value is allowed, because artifacts bring
 * their own; the constants are those that make up a container image.
 *
 * @param value lower-case type and subtype, without parameters
 */
public record MediaType(String value) {

  public static final MediaType OCI_INDEX =
      new MediaType("application/vnd.oci.image.index.v1+json");
  public static final MediaType OCI_MANIFEST =
      new MediaType("application/vnd.oci.image.manifest.v1+json");
  public static final MediaType OCI_CONFIG =
      new MediaType("application/vnd.oci.image.config.v1+json");
  public static final MediaType OCI_LAYER = new MediaType("application/vnd.oci.image.layer.v1.tar");
  public static final MediaType OCI_LAYER_GZIP =
      new MediaType("application/vnd.oci.image.layer.v1.tar+gzip");
  public static final MediaType OCI_LAYER_ZSTD =
      new MediaType("application/vnd.oci.image.layer.v1.tar+zstd");

  /** The two bytes {@code {}} that an artifact without a config points at. */
  public static final MediaType OCI_EMPTY = new MediaType("application/vnd.oci.empty.v1+json");

  public static final MediaType DOCKER_MANIFEST_LIST =
      new MediaType("application/vnd.docker.distribution.manifest.list.v2+json");
  public static final MediaType DOCKER_MANIFEST =
      new MediaType("application/vnd.docker.distribution.manifest.v2+json");
  public static final MediaType DOCKER_CONFIG =
      new MediaType("application/vnd.docker.container.image.v1+json");
  public static final MediaType DOCKER_LAYER =
      new MediaType("application/vnd.docker.image.rootfs.diff.tar");
  public static final MediaType DOCKER_LAYER_GZIP =
      new MediaType("application/vnd.docker.image.rootfs.diff.tar.gzip");

  /** Schema 1, obsolete since 2017: recognised so that it can be refused by name. */
  static final MediaType DOCKER_SCHEMA1 =
      new MediaType("application/vnd.docker.distribution.manifest.v1+json");

  static final MediaType DOCKER_SCHEMA1_SIGNED =
      new MediaType("application/vnd.docker.distribution.manifest.v1+prettyjws");

  /** Reads a {@code Content-Type} header or a {@code mediaType} field; parameters are dropped. */
  public static MediaType parse(String text) {
    int semicolon = text.indexOf(';');
    String bare = semicolon < 0 ? text : text.substring(0, semicolon);
    return new MediaType(bare.strip().toLowerCase(java.util.Locale.ROOT));
  }

  public boolean isManifest() {
    return equals(OCI_MANIFEST) || equals(DOCKER_MANIFEST);
  }

  public boolean isIndex() {
    return equals(OCI_INDEX) || equals(DOCKER_MANIFEST_LIST);
  }

  public boolean isConfig() {
    return equals(OCI_CONFIG) || equals(DOCKER_CONFIG);
  }

  boolean isSchema1() {
    return equals(DOCKER_SCHEMA1) || equals(DOCKER_SCHEMA1_SIGNED);
  }

  /** Whether this is the tar of a layer, in either family, compressed or not. */
  public boolean isLayer() {
    return compression().isPresent();
  }

  /**
   * Whether the bytes of such a layer may not be pushed to other registries, and are found under
   * the descriptor's {@code urls} (Windows base layers).
   */
  public boolean isForeignLayer() {
    return value.startsWith("application/vnd.oci.image.layer.nondistributable.v1.tar")
        || value.startsWith("application/vnd.docker.image.rootfs.foreign.diff.tar");
  }

  /** How a layer of this type is compressed; empty where this is no layer of an image. */
  public Optional<Compression> compression() {
    return switch (value) {
      case "application/vnd.oci.image.layer.v1.tar",
          "application/vnd.oci.image.layer.nondistributable.v1.tar",
          "application/vnd.docker.image.rootfs.diff.tar",
          "application/vnd.docker.image.rootfs.foreign.diff.tar" ->
          Optional.of(Compression.NONE);
      case "application/vnd.oci.image.layer.v1.tar+gzip",
          "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
          "application/vnd.docker.image.rootfs.diff.tar.gzip",
          "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" ->
          Optional.of(Compression.GZIP);
      case "application/vnd.oci.image.layer.v1.tar+zstd",
          "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
          "application/vnd.docker.image.rootfs.diff.tar.zstd" ->
          Optional.of(Compression.ZSTD);
      default -> Optional.empty();
    };
  }

  /**
   * The same kind of thing in another family; itself where it has no counterpart there (artifacts).
   *
   * @throws dev.slipway.builder.failure.BuildException {@code UNSUPPORTED} for zstd to Docker
   */
  public MediaType in(ImageFormat format) {
    if (isIndex()) {
      return format.index();
    }
    if (isManifest()) {
      return format.manifest();
    }
    if (isConfig()) {
      return format.config();
    }
    Optional<Compression> compression = compression();
    return compression.isEmpty() || isForeignLayer() ? this : format.layer(compression.get());
  }

  @Override
  public String toString() {
    return value;
  }

  /** What a record has by itself takes a start some milliseconds. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MediaType that && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }
}
