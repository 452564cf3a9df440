package dev.slipway.builder.registry;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Blob;
import java.io.FilterInputStream;
import java.io.IOException;

/**
 * Reads a blob that is being sent. Its failures are turned into {@link BuildException}s, so that
 * they are not taken for a broken connection to the registry and tried again.
 */
final class SourceStream extends FilterInputStream {

  private final Blob blob;

  SourceStream(Blob blob) {
    super(open(blob));
    this.blob = blob;
  }

  @Override
  public int read() throws IOException {
    try {
      return super.read();
    } catch (IOException e) {
      throw unreadable(blob, e);
    }
  }

  @Override
  public int read(byte[] buffer, int offset, int length) {
    try {
      return super.read(buffer, offset, length);
    } catch (IOException e) {
      throw unreadable(blob, e);
    }
  }

  @Override
  public long skip(long count) {
    try {
      return super.skip(count);
    } catch (IOException e) {
      throw unreadable(blob, e);
    }
  }

  static BuildException tooShort(Blob blob, long missing) {
    return new BuildException(
        ErrorCode.DIGEST_MISMATCH,
        "reading blob %s to push it: %d of its %d bytes are missing"
            .formatted(blob.descriptor().digest(), missing, blob.descriptor().size()));
  }

  private static java.io.InputStream open(Blob blob) {
    try {
      return blob.open();
    } catch (IOException e) {
      throw unreadable(blob, e);
    }
  }

  private static BuildException unreadable(Blob blob, IOException e) {
    return new BuildException(
        ErrorCode.IO,
        "reading blob " + blob.descriptor().digest() + " to push it: " + e.getMessage(),
        e);
  }
}
