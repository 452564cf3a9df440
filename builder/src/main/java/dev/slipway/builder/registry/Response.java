package dev.slipway.builder.registry;

import java.io.IOException;
import java.io.InputStream;

/**
 * One HTTP response. Closing it gives the connection back if the body was read to its end, and
 * closes the connection otherwise.
 */
final class Response implements AutoCloseable {

  private final int status;
  private final Headers headers;
  private final InputStream body;

  Response(int status, Headers headers, InputStream body) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  int status() {
    return status;
  }

  boolean ok() {
    return status >= 200 && status < 300;
  }

  Headers headers() {
    return headers;
  }

  /** The body without its transfer encoding; throws when it ends too early. */
  InputStream body() {
    return body;
  }

  /** Reads a body that has to be small. */
  byte[] bytes(int limit) throws IOException {
    byte[] bytes = body.readNBytes(limit + 1);
    if (bytes.length > limit) {
      throw new ProtocolException("the answer is longer than " + limit + " bytes");
    }
    return bytes;
  }

  @Override
  public void close() {
    try {
      body.close();
    } catch (IOException _) {
      // The connection is gone, which is all that closing it could have achieved.
    }
  }
}
