package dev.slipway.builder.layer;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The bytes of a regular file, read when they are needed.
 *
 * <p>Unless the source says otherwise, it may be opened until the visit of its entry returns, and
 * any number of times (a tar that is being read allows one).
 */
@FunctionalInterface
public interface Content {
  /** A stream from the first byte, which the caller closes. */
  InputStream open() throws IOException;

  Content EMPTY = InputStream::nullInputStream;

  /** Of bytes in memory, valid for ever; they are not copied. */
  static Content of(byte[] bytes) {
    return () -> new ByteArrayInputStream(bytes);
  }
}
