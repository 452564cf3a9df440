package dev.slipway.builder.cache;

import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.layer.LayerOptions;
import java.util.Optional;

/**
 * The bytes of a layer in a cache that is elsewhere; nothing of it is fetched yet.
 *
 * @param encoding how they were compressed: only bytes made in the same way are the same
 * @param home the repository that it is in, if it is in one
 */
public record CachedLayer(Blob blob, LayerOptions encoding, Optional<ImageReference> home) {}
