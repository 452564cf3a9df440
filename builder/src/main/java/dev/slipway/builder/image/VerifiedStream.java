package dev.slipway.builder.image;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/**
 * Checks the bytes of a blob as they pass: the read that would return the last of them fails if
 * they are not those of the descriptor.
 */
public final class VerifiedStream extends FilterInputStream {

  private final String subject;
  private final Descriptor blob;
  private final MessageDigest hasher;
  private long left;

  /**
   * Wraps {@code in}.
   *
   * @param subject where the bytes come from, for messages: {@code image.tar}
   */
  public VerifiedStream(InputStream in, Descriptor blob, String subject) {
    super(in);
    this.subject = subject;
    this.blob = blob;
    this.hasher = blob.digest().newHasher();
    this.left = blob.size();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /** Reads on. Throws {@code DIGEST_MISMATCH} instead of returning the last of wrong bytes. */
  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (left == 0) {
      return -1;
    }
    int count = in.read(buffer, offset, (int) Math.min(length, left));
    if (count < 0) {
      throw mismatch(left + " of its " + blob.size() + " bytes are missing");
    }
    hasher.update(buffer, offset, count);
    left -= count;
    if (left == 0 && (!blob.digest().matches(hasher) || in.read() >= 0)) {
      throw mismatch("its bytes are others than its digest promises");
    }
    return count;
  }

  /** Skipping reads too, because everything has to be hashed. */
  @Override
  public long skip(long count) throws IOException {
    byte[] scratch = new byte[Math.clamp(count, 1, 16 * 1024)];
    long skipped = 0;
    while (skipped < count) {
      int read = read(scratch, 0, (int) Math.min(scratch.length, count - skipped));
      if (read < 0) {
        break;
      }
      skipped += read;
    }
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private BuildException mismatch(String why) {
    return new BuildException(
            ErrorCode.DIGEST_MISMATCH,
            "reading blob " + blob.digest() + " of " + subject + ": " + why)
        .withRetryable(false);
  }
}
