package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A SHA-256, as four numbers: a copy of many files keeps one for each. */
record Sha256(long first, long second, long third, long fourth) {

  static MessageDigest newHasher() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new BuildException(ErrorCode.INTERNAL, "this JDK has no SHA-256", e);
    }
  }

  /** What {@code hasher} comes to; it can be used again afterwards. */
  static Sha256 of(MessageDigest hasher) {
    ByteBuffer bytes = ByteBuffer.wrap(hasher.digest());
    return new Sha256(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
  }

  /** Of a stream, to its end. */
  static Sha256 of(InputStream in, byte[] buffer) throws IOException {
    MessageDigest hasher = newHasher();
    for (int n; (n = in.read(buffer)) >= 0; ) {
      hasher.update(buffer, 0, n);
    }
    return of(hasher);
  }
}
