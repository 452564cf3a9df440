package dev.slipway.builder.layer;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** One zstd frame, compressed by the thread that writes it. */
final class Zstd implements Packer {
  private final int level;
  private @Nullable ZstdOutputStreamNoFinalizer stream;

  Zstd(int level) {
    this.level = level;
  }

  @Override
  public boolean parallel() {
    return false;
  }

  @Override
  public void pack(Chunk chunk) {}

  @Override
  public void begin(OutputStream out) throws IOException {
    stream = new ZstdOutputStreamNoFinalizer(new KeptOpen(out), level);
  }

  @Override
  public void emit(Chunk chunk, OutputStream out) throws IOException {
    stream().write(chunk.data, 0, chunk.length);
  }

  @Override
  public void end(CRC32 crc, long size, OutputStream out) throws IOException {
    stream().close();
    stream = null;
  }

  private ZstdOutputStreamNoFinalizer stream() {
    ZstdOutputStreamNoFinalizer open = stream;
    if (open == null) {
      throw new IllegalStateException("not begun");
    }
    return open;
  }

  @Override
  public void close() throws IOException {
    ZstdOutputStreamNoFinalizer open = stream;
    if (open != null) {
      open.close();
    }
  }

  private static final class KeptOpen extends FilterOutputStream {
    KeptOpen(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() {}
  }
}
