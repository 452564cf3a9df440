package dev.slipway.builder.layer;

import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.CRC32;

/**
 * One kind of compression. {@link #pack} may be called by several threads at once, for different
 * chunks; the other methods by one, in the order of the chunks.
 */
interface Packer extends AutoCloseable {

  static Packer of(LayerOptions options) throws IOException {
    return switch (options.compression()) {
      case NONE -> new Plain();
      case GZIP -> new Gzip(options.level());
      case ZSTD -> new Zstd(options.level());
    };
  }

  /** Whether {@link #pack} is worth other threads. */
  boolean parallel();

  void pack(Chunk chunk);

  void begin(OutputStream out) throws IOException;

  void emit(Chunk chunk, OutputStream out) throws IOException;

  /**
   * Ends the blob.
   *
   * @param crc of the tar, used by gzip
   * @param size of the tar
   */
  void end(CRC32 crc, long size, OutputStream out) throws IOException;

  @Override
  void close() throws IOException;

  /** The tar itself. */
  final class Plain implements Packer {
    @Override
    public boolean parallel() {
      return false;
    }

    @Override
    public void pack(Chunk chunk) {}

    @Override
    public void begin(OutputStream out) {}

    @Override
    public void emit(Chunk chunk, OutputStream out) throws IOException {
      out.write(chunk.data, 0, chunk.length);
    }

    @Override
    public void end(CRC32 crc, long size, OutputStream out) {}

    @Override
    public void close() {}
  }
}
