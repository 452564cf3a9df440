package dev.slipway.builder.layer;

import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.MediaType;

/**
 * A layer that was written.
 *
 * @param diffId the digest of the tar
 * @param digest the digest of the blob: the tar as it was compressed
 * @param size of the blob, in bytes
 * @param mediaType of the OCI family; {@link MediaType#in} has the others
 * @param uncompressedSize of the tar, in bytes
 */
public record LayerBlob(
    Digest diffId, Digest digest, long size, MediaType mediaType, long uncompressedSize) {

  public Descriptor descriptor() {
    return new Descriptor(mediaType, digest, size);
  }
}
