package dev.slipway.builder.cache;

import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Digest;

/**
 * The files of a cache mount, kept as the blob of a layer.
 *
 * @param diffId what the blob unpacks to
 */
public record KeptContent(Digest diffId, Blob blob) {}
