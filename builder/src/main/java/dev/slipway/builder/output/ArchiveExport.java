package dev.slipway.builder.output;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.BlobSource;
import dev.slipway.builder.image.DockerArchive;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.NamedImage;
import dev.slipway.builder.image.OciLayout;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes an image as a file that other tools load. */
public final class ArchiveExport {
  private static final int BUFFER = 1 << 20;

  private ArchiveExport() {}

  /**
   * An OCI image layout.
   *
   * @param tar whether as a tar, or as a directory
   */
  public static void oci(
      FinishedImage image, List<ImageReference> names, Output.Destination destination, boolean tar)
      throws IOException {
    List<NamedImage> named = named(image, names);
    if (tar) {
      try (OutputStream out = open(destination)) {
        OciLayout.writeTar(out, named, blobs(image));
      }
      return;
    }
    if (!(destination instanceof Output.Destination.ToFile directory)) {
      throw new BuildException(
          ErrorCode.USAGE, "--output type=oci,tar=false writes a directory; give it dest=DIR");
    }
    Files.createDirectories(directory.path());
    OciLayout.writeDirectory(directory.path(), named, blobs(image));
  }

  /** What {@code docker load} reads. */
  public static void docker(
      FinishedImage image, List<ImageReference> names, Output.Destination destination)
      throws IOException {
    try (OutputStream out = open(destination)) {
      DockerArchive.writeTar(out, named(image, names), blobs(image));
    }
  }

  /** Opens a file, or standard output, which is flushed but never closed. */
  public static OutputStream open(Output.Destination destination) throws IOException {
    return switch (destination) {
      case Output.Destination.ToFile(Path path) ->
          new BufferedOutputStream(Files.newOutputStream(path), BUFFER);
      case Output.Destination.ToStdout ignored ->
          new BufferedOutputStream(System.out, BUFFER) {
            @Override
            public void close() throws IOException {
              flush();
            }
          };
    };
  }

  private static List<NamedImage> named(FinishedImage image, List<ImageReference> names) {
    return List.of(
        new NamedImage(
            names.stream().map(ImageReference::withDefaultTag).toList(),
            image.manifest().descriptor()));
  }

  private static BlobSource blobs(FinishedImage image) {
    List<Blob> blobs = new ArrayList<>();
    image.layers().forEach(layer -> blobs.add(layer.blob()));
    blobs.add(Blob.of(image.config()));
    blobs.add(Blob.of(image.manifest()));
    return BlobSource.of(blobs);
  }
}
