package dev.slipway.builder.output;

import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.ImageFormat;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Manifest;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An image that is complete: documents, and the bytes of its layers.
 *
 * @param layers bottom first
 */
public record FinishedImage(
    Document<Manifest> manifest, Document<ImageConfig> config, List<ImageLayer> layers) {

  /**
   * A compressed layer.
   *
   * @param origin the repository that it came from, whose blobs a registry may mount
   */
  public record ImageLayer(Blob blob, Optional<ImageReference> origin) {}

  /** Writes the documents of an image. */
  public static FinishedImage of(
      ImageConfig config,
      List<ImageLayer> layers,
      Map<String, String> annotations,
      ImageFormat format) {
    Document<ImageConfig> written = config.toDocument(format);
    Manifest manifest =
        Manifest.of(
            format,
            written.descriptor(),
            layers.stream().map(layer -> layer.blob().descriptor()).toList(),
            annotations);
    return new FinishedImage(manifest.toDocument(), written, List.copyOf(layers));
  }

  /** Bytes of manifest, config and layers together. */
  public long size() {
    return manifest.descriptor().size() + manifest.content().size();
  }
}
