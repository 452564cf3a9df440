package dev.slipway.builder.output;

import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.ImageReference;
import java.io.IOException;
import java.util.List;

/** Writes an image as a file that other tools load. */
public final class ArchiveExport {
  private ArchiveExport() {}

  /**
   * An OCI image layout.
   *
   * @param tar whether as a tar, or as a directory
   */
  public static void oci(
      FinishedImage image, List<ImageReference> names, Output.Destination destination, boolean tar)
      throws IOException {
    missing(image, names);
  }

  /** What {@code docker load} reads. */
  public static void docker(
      FinishedImage image, List<ImageReference> names, Output.Destination destination)
      throws IOException {
    missing(image, names);
  }

  private static void missing(FinishedImage image, List<ImageReference> names) {
    throw new UnsupportedOperationException("archives: not there yet " + blobs(image) + names);
  }

  private static List<Blob> blobs(FinishedImage image) {
    return image.layers().stream().map(FinishedImage.ImageLayer::blob).toList();
  }
}
