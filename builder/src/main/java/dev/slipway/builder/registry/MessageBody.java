package dev.slipway.builder.registry;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The framing of an HTTP/1.1 body (RFC 9112, section 6): by length, chunked, or until close. */
final class MessageBody extends InputStream {

  private static final int MAX_LINE = 8 * 1024;
  private static final int SMALL_REST = 64 * 1024;
  private static final long UNTIL_CLOSE = -1;
  private static final long CHUNKED = -2;

  private final HttpConnection connection;
  private final InputStream in;
  private final boolean chunked;
  private final boolean untilClose;
  private long left;
  private boolean firstChunk = true;
  private boolean ended;
  private boolean closed;

  private MessageBody(HttpConnection connection, InputStream in, long length) {
    this.connection = connection;
    this.in = in;
    this.chunked = length == CHUNKED;
    this.untilClose = length == UNTIL_CLOSE;
    this.left = Math.max(0, length);
  }

  static MessageBody of(HttpConnection connection, InputStream in, Headers headers, boolean empty)
      throws IOException {
    if (empty) {
      return new MessageBody(connection, in, 0);
    }
    if (headers.has("Transfer-Encoding", "chunked")) {
      return new MessageBody(connection, in, CHUNKED);
    }
    String length = headers.first("Content-Length").orElse(null);
    if (length == null) {
      return new MessageBody(connection, in, UNTIL_CLOSE);
    }
    try {
      long parsed = Long.parseLong(length.strip());
      if (parsed >= 0) {
        return new MessageBody(connection, in, parsed);
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw new ProtocolException("the answer has an invalid Content-Length");
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (closed) {
      throw new IOException("the answer was closed");
    }
    if (length == 0) {
      return 0;
    }
    if (ended || (!untilClose && left == 0 && !nextChunk())) {
      ended = true;
      return -1;
    }
    int wanted = untilClose ? length : (int) Math.min(length, left);
    int count = in.read(buffer, offset, wanted);
    if (count < 0) {
      if (untilClose) {
        ended = true;
        return -1;
      }
      throw new EOFException("the connection was closed in the middle of the answer");
    }
    if (!untilClose) {
      left -= count;
    }
    return count;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    try {
      // A short rest is read, so that the connection can serve the next request.
      if (!untilClose && !ended && (chunked || left <= SMALL_REST)) {
        readNBytes(SMALL_REST);
        ended = ended || read() < 0;
      }
    } catch (IOException e) {
      ended = false;
    }
    closed = true;
    connection.release(ended && !untilClose);
  }

  private boolean nextChunk() throws IOException {
    if (!chunked) {
      return false;
    }
    if (!firstChunk && !line().isEmpty()) {
      throw new ProtocolException("a chunk of the answer is not ended by a line break");
    }
    firstChunk = false;
    String size = line();
    int semicolon = size.indexOf(';');
    try {
      left = Long.parseLong((semicolon < 0 ? size : size.substring(0, semicolon)).strip(), 16);
    } catch (NumberFormatException e) {
      throw new ProtocolException("a chunk of the answer has no valid length");
    }
    if (left < 0) {
      throw new ProtocolException("a chunk of the answer has a negative length");
    }
    if (left > 0) {
      return true;
    }
    for (int i = 0; !line().isEmpty(); i++) {
      if (i > 100) {
        throw new ProtocolException("the answer has too many trailers");
      }
    }
    return false;
  }

  private String line() throws IOException {
    return readLine(in, MAX_LINE);
  }

  /** Reads up to a line break, which is dropped. {@code in} has to be buffered. */
  static String readLine(InputStream in, int limit) throws IOException {
    byte[] line = new byte[128];
    int length = 0;
    while (true) {
      int c = in.read();
      if (c < 0) {
        throw new EOFException("the connection was closed before the answer was complete");
      }
      if (c == '\n') {
        int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        return new String(line, 0, end, StandardCharsets.ISO_8859_1);
      }
      if (length == limit) {
        throw new ProtocolException("a line of the answer is longer than " + limit + " bytes");
      }
      if (length == line.length) {
        line = java.util.Arrays.copyOf(line, Math.min(limit, length * 2));
      }
      line[length++] = (byte) c;
    }
  }
}
