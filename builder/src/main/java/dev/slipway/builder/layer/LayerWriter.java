package dev.slipway.builder.layer;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Makes the blob of a layer: tar, hash, compress, hash and hand on, in one pass. */
public final class LayerWriter {
  private LayerWriter() {}

  /**
   * Writes the layer into every one of {@code sinks}, from another thread than the caller's, and
   * flushes but does not close them. With no sinks it only computes the digests.
   *
   * <p>Memory stays within a few megabytes, whatever the size of the layer.
   *
   * @throws dev.slipway.builder.failure.BuildException {@code UNSUPPORTED} for an entry that no
   *     layer can hold, such as a file whose name starts with {@code .wh.}
   * @throws IOException if the entries cannot be read or a sink cannot be written
   */
  public static LayerBlob write(Entries entries, LayerOptions options, List<OutputStream> sinks)
      throws IOException {
    return Pending.yet();
  }
}
