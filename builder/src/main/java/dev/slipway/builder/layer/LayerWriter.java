package dev.slipway.builder.layer;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.MediaType;
import java.io.IOException;
import java.io.InputStream;
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
    return writeTar(
        pipe -> {
          TarWriter tar = new TarWriter(pipe);
          entries.forEach(tar::put);
          tar.end();
        },
        options,
        sinks);
  }

  /**
   * Compresses the blob of a layer in another way; its tar stays as it is, byte for byte.
   *
   * @param blob gzip, zstd or neither; read to its end, not closed
   * @param diffId what the tar must hash to
   * @throws dev.slipway.builder.failure.BuildException {@code DIGEST_MISMATCH}; {@code
   *     IMAGE_INVALID} if the blob cannot be decompressed
   */
  public static LayerBlob recompress(
      InputStream blob, Digest diffId, LayerOptions options, List<OutputStream> sinks)
      throws IOException {
    LayerBlob made =
        writeTar(
            pipe -> {
              try (TarStream tar = new TarStream(blob, diffId.newHasher(), Long.MAX_VALUE)) {
                tar.transferTo(pipe);
              }
            },
            options,
            sinks);
    if (!made.diffId().equals(diffId)) {
      throw new BuildException(
          ErrorCode.DIGEST_MISMATCH,
          "the layer does not unpack to " + diffId + ", which the image's config names");
    }
    return made;
  }

  /** Writes a tar. */
  private interface Tar {
    void writeTo(LayerPipe pipe) throws IOException;
  }

  private static LayerBlob writeTar(Tar tar, LayerOptions options, List<OutputStream> sinks)
      throws IOException {
    try (Packer packer = Packer.of(options);
        BlobOutput output = new BlobOutput(sinks, options.compression() != Compression.NONE);
        LayerPipe pipe = new LayerPipe(packer, output)) {
      tar.writeTo(pipe);
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
