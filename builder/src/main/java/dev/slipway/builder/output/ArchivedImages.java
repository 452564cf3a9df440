package dev.slipway.builder.output;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.ImageArchive;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.Index;
import dev.slipway.builder.image.Manifest;
import dev.slipway.builder.image.NamedImage;
import dev.slipway.builder.image.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/** Images out of an archive or layout: what {@code load} and {@code oci-layout://} read. */
public final class ArchivedImages {
  private static final int LARGEST_DOCUMENT = 8 << 20;

  private ArchivedImages() {}

  /**
   * Reads the documents of an image; its layers stay in the archive until they are opened.
   *
   * @throws BuildException PLATFORM_NOT_FOUND where an index has nothing for {@code platform}
   */
  public static FinishedImage read(ImageArchive archive, NamedImage image, Platform platform)
      throws IOException {
    Descriptor root = image.root();
    Descriptor chosen = root;
    if (root.mediaType().isIndex()) {
      Index index = Index.parse(root.mediaType(), bytes(archive, root)).content();
      Optional<Descriptor> match = index.select(platform);
      chosen =
          match.orElseThrow(() ->
              new BuildException(
                  ErrorCode.PLATFORM_NOT_FOUND,
                  "the image " + root.digest() + " is not there for " + platform));
    }
    Document<Manifest> manifest = Manifest.parse(chosen.mediaType(), bytes(archive, chosen));
    Descriptor configAt = manifest.content().config();
    Document<ImageConfig> config =
        ImageConfig.parse(configAt.mediaType(), bytes(archive, configAt));
    List<FinishedImage.ImageLayer> layers =
        manifest.content().layers().stream()
            .map(layer -> new FinishedImage.ImageLayer(archive.blob(layer), Optional.empty()))
            .toList();
    return new FinishedImage(manifest, config, layers);
  }

  private static byte[] bytes(ImageArchive archive, Descriptor descriptor) throws IOException {
    if (descriptor.size() > LARGEST_DOCUMENT) {
      throw new BuildException(
          ErrorCode.IMAGE_INVALID, "the document " + descriptor.digest() + " is too large");
    }
    try (InputStream in = archive.open(descriptor)) {
      return in.readAllBytes();
    }
  }
}
