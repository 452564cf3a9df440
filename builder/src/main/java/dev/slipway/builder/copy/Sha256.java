package dev.slipway.builder.copy;

import dev.slipway.builder.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/** A SHA-256, as four numbers: a copy of many files keeps one for each. */
record Sha256(long first, long second, long third, long fourth) {

  /** What {@code hasher} comes to; it can be used again afterwards. */
  static Sha256 of(MessageDigest hasher) {
    ByteBuffer bytes = ByteBuffer.wrap(hasher.digest());
    return new Sha256(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
  }

  /** Of a stream, to its end. */
  static Sha256 of(InputStream in, byte[] buffer) throws IOException {
    MessageDigest hasher = Digest.newSha256();
    for (int n; (n = in.read(buffer)) >= 0; ) {
      hasher.update(buffer, 0, n);
    }
    return of(hasher);
  }
}
