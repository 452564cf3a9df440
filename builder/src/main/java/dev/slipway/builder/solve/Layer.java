package dev.slipway.builder.solve;

import dev.slipway.builder.cache.CachedLayer;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.ImageReference;

/**
 * A layer of a stage, known by the digest of its tar. Its files and its compressed bytes are
 * fetched or made by {@link Layers}, when somebody needs them.
 *
 * @param origin where they come from
 */
record Layer(Digest diffId, Origin origin) {

  /** Where a layer's bytes are. */
  sealed interface Origin {

    /** In a registry, as part of a base image. */
    record InRegistry(ImageReference repository, Descriptor descriptor) implements Origin {}

    /** In an archive or layout that the user gave, or in the local image store. */
    record InArchive(Blob blob) implements Origin {}

    /** Made by an earlier build, perhaps of another machine: a cache has it. */
    record InCache(CachedLayer cached) implements Origin {}

    /** Made by this build or an earlier one: the content store has it. */
    record InStore() implements Origin {}
  }
}
