package dev.slipway.builder.layer;

import dev.slipway.builder.image.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where a blob goes: hashed, counted and copied to every sink. Used by one thread at a time. */
final class BlobOutput extends OutputStream {
  private final List<OutputStream> sinks;
  private final @Nullable MessageDigest hasher;
  private long size;

  /**
   * Of these sinks.
   *
   * @param hashed false where the digest is known otherwise
   */
  BlobOutput(List<OutputStream> sinks, boolean hashed) {
    this.sinks = List.copyOf(sinks);
    this.hasher = hashed ? Digest.newSha256() : null;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (hasher != null) {
      hasher.update(bytes, offset, length);
    }
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
  Optional<Digest> digest() {
    return Optional.ofNullable(hasher).map(h -> Digest.ofSha256(h.digest()));
  }

  long size() {
    return size;
  }

  /** The sinks are the caller's. */
  @Override
  public void close() {}
}
