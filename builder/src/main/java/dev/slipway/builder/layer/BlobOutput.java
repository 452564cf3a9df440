package dev.slipway.builder.layer;

import dev.slipway.builder.image.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.List;

/** Where a blob goes: hashed, counted and copied to every sink. Used by one thread at a time. */
final class BlobOutput extends OutputStream {
  private final List<OutputStream> sinks;
  private final MessageDigest hasher = Digest.newSha256();
  private long size;

  BlobOutput(List<OutputStream> sinks) {
    this.sinks = List.copyOf(sinks);
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    hasher.update(bytes, offset, length);
    size += length;
    for (OutputStream sink : sinks) {
      sink.write(bytes, offset, length);
    }
  }

  @Override
  public void flush() throws IOException {
    for (OutputStream sink : sinks) {
      sink.flush();
    }
  }

  /** Of all that was written; to be asked once, at the end. */
  Digest digest() {
    return Digest.ofSha256(hasher.digest());
  }

  long size() {
    return size;
  }

  /** The sinks are the caller's. */
  @Override
  public void close() {}
}
