package dev.slipway.builder.registry;

import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Index;
import dev.slipway.builder.image.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * What a name stands for, on one platform.
 *
 * @param reference as it was asked for
 * @param index the index that the name points at; null where it points at a manifest
 * @param manifest of the chosen platform
 * @param config of that manifest; its platform may differ from the wanted one where there is no
 *     index, which docker allows and warns about
 */
public record ResolvedImage(
    ImageReference reference,
    @Nullable Document<Index> index,
    Document<Manifest> manifest,
    Document<ImageConfig> config) {

  /** The digest that the name points at: of the index if there is one, else of the manifest. */
  public Digest digest() {
    return index != null ? index.digest() : manifest.digest();
  }
}
