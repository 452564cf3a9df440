package dev.slipway.builder.registry;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Descriptor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a blob, checked. The read that would return the last of them fails if they are not
 * the promised ones, so nobody who reads a blob to its end ever takes a wrong one for good. A
 * broken connection is resumed where it broke.
 */
final class BlobDownload extends InputStream {

  /** Opens the blob from an offset on. */
  interface Source {
    /**
     * Asks for the bytes from {@code offset} on.
     *
     * @return an answer whose body starts exactly there
     */
    Response open(long offset) throws IOException;
  }

  /** A connection that moved this much was worth it: the count of attempts starts again. */
  private static final long PROGRESS = 1024 * 1024;

  private final Descriptor blob;
  private final String action;
  private final Endpoint endpoint;
  private final RetryPolicy retries;
  private final Source source;
  private final Runnable onClose;
  private final MessageDigest hasher;
  private Response response;
  private long position;
  private long positionAtOpen;
  private int attempt = 1;
  private boolean closed;
  private @Nullable BuildException failure;

  BlobDownload(
      Descriptor blob,
      String action,
      Endpoint endpoint,
      RetryPolicy retries,
      Source source,
      Response first,
      Runnable onClose) {
    this.blob = blob;
    this.action = action;
    this.endpoint = endpoint;
    this.retries = retries;
    this.source = source;
    this.response = first;
    this.onClose = onClose;
    this.hasher = blob.digest().newHasher();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (closed) {
      throw new IOException("the blob was closed");
    }
    if (failure != null) {
      throw failure;
    }
    if (length == 0) {
      return 0;
    }
    if (position == blob.size()) {
      return -1;
    }
    int count = readOn(buffer, offset, (int) Math.min(length, blob.size() - position));
    hasher.update(buffer, offset, count);
    position += count;
    if (position == blob.size() && !blob.digest().matches(hasher)) {
      throw fail("its bytes do not have the digest that was promised");
    }
    return count;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      response.close();
      onClose.run();
    }
  }

  private int readOn(byte[] buffer, int offset, int length) {
    while (true) {
      try {
        int count = response.body().read(buffer, offset, length);
        if (count > 0) {
          return count;
        }
        throw new EOFException(
            "the answer ended after %d of %d bytes".formatted(position, blob.size()));
      } catch (IOException e) {
        resume(e);
      }
    }
  }

  private void resume(IOException broken) {
    RetryPolicy.checkCancelled(action, broken);
    response.close();
    if (position - positionAtOpen >= PROGRESS) {
      attempt = 1;
    }
    IOException last = broken;
    while (true) {
      attempt++;
      Duration asked = last instanceof StatusException status ? status.retryAfter() : Duration.ZERO;
      boolean retryable =
          last instanceof StatusException status
              ? RetryPolicy.isRetryable(status.status())
              : RetryPolicy.isRetryable(last);
      if (!retryable || !retries.await(attempt, asked, action)) {
        failure =
            last instanceof StatusException status
                ? status.failure()
                : Refusal.unreachable(action, endpoint, last);
        throw failure;
      }
      try {
        response = source.open(position);
        positionAtOpen = position;
        return;
      } catch (IOException e) {
        RetryPolicy.checkCancelled(action, e);
        last = e;
      }
    }
  }

  private BuildException fail(String why) {
    failure =
        new BuildException(
            ErrorCode.DIGEST_MISMATCH,
            action
                + ": "
                + why
                + ". The registry, or something between here and there, changes them");
    return failure;
  }
}
