package dev.slipway.builder.layer;

import dev.slipway.builder.image.Compression;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.MediaType;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Makes the blob of a layer: tar, hash, compress, hash and hand on, in one pass. */
public final class LayerWriter {
  private LayerWriter() {}

  /**
   * Writes the layer into every one of {@code sinks}, perhaps from another thread than the
   * caller's, and flushes but does not close them. With no sinks it only computes the digests.
   *
   * <p>Memory stays within a few megabytes, whatever the size of the layer; a slow sink slows the
   * reading down.
   *
   * @throws dev.slipway.builder.failure.BuildException {@code UNSUPPORTED} for an entry that no
   *     layer can hold, such as a file whose name starts with {@code .wh.}; {@code CANCELLED} if
   *     the thread is interrupted
   * @throws IOException if the entries cannot be read or a sink cannot be written
   */
  public static LayerBlob write(Entries entries, LayerOptions options, List<OutputStream> sinks)
      throws IOException {
    try (Packer packer = Packer.of(options);
        BlobOutput output = new BlobOutput(sinks, options.compression() != Compression.NONE);
        LayerPipe pipe = new LayerPipe(packer, output)) {
      TarWriter tar = new TarWriter(pipe);
      entries.forEach(tar::put);
      tar.end();
      Digest diffId = pipe.finish();
      return new LayerBlob(
          diffId,
          output.digest().orElse(diffId),
          output.size(),
          switch (options.compression()) {
            case NONE -> MediaType.OCI_LAYER;
            case GZIP -> MediaType.OCI_LAYER_GZIP;
            case ZSTD -> MediaType.OCI_LAYER_ZSTD;
          },
          pipe.size());
    }
  }
}
