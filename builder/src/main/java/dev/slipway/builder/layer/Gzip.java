package dev.slipway.builder.layer;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.CRC32;

/** One gzip member (RFC 1952) without a name or a time. */
final class Gzip implements Packer {
  /** Magic, deflate, no flags, no time, no hint, unknown operating system. */
  private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

  private final int level;
  private final Queue<Deflate> idle = new ConcurrentLinkedQueue<>();

  Gzip(int level) {
    this.level = level;
  }

  @Override
  public boolean parallel() {
    return true;
  }

  @Override
  public void pack(Chunk chunk) {
    Deflate free = idle.poll();
    Deflate deflate = free == null ? new Deflate(level) : free;
    deflate.pack(chunk);
    idle.add(deflate);
  }

  @Override
  public void begin(OutputStream out) throws IOException {
    out.write(HEADER, 0, HEADER.length);
  }

  @Override
  public void emit(Chunk chunk, OutputStream out) throws IOException {
    out.write(chunk.packed, 0, chunk.packedLength);
  }

  @Override
  public void end(CRC32 crc, long size, OutputStream out) throws IOException {
    byte[] trailer = new byte[8];
    for (int i = 0; i < 4; i++) {
      trailer[i] = (byte) (crc.getValue() >>> (8 * i));
      trailer[4 + i] = (byte) (size >>> (8 * i));
    }
    out.write(trailer, 0, trailer.length);
  }

  @Override
  public void close() {
    idle.forEach(Deflate::close);
  }
}
