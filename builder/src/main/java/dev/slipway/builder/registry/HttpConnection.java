package dev.slipway.builder.registry;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * One HTTP/1.1 connection: a request is written, its response read, and so on. Used by one thread
 * at a time. Where it leads (proxy, TLS) is {@link Dialer}'s business.
 */
final class HttpConnection {

  /** Large enough that system calls do not matter beside copying and hashing. */
  static final int BUFFER = 256 * 1024;

  private static final int HEAD_BUFFER = 16 * 1024;
  private static final int MAX_LINE = 16 * 1024;
  private static final int MAX_FIELDS = 200;

  private final Socket socket;
  private final boolean absoluteTargets;
  private final Map<String, String> fixedHeaders;
  private final InputStream in;
  private final OutputStream out;
  private BiConsumer<HttpConnection, Boolean> onRelease = (connection, reusable) -> {};
  private boolean keepAlive = true;
  private boolean released = true;
  private boolean used;

  /**
   * @param absoluteTargets whether requests name the whole URL, as a plain HTTP proxy wants
   * @param fixedHeaders sent with every request
   */
  HttpConnection(Socket socket, boolean absoluteTargets, Map<String, String> fixedHeaders)
      throws IOException {
    this.socket = socket;
    this.absoluteTargets = absoluteTargets;
    this.fixedHeaders = fixedHeaders;
    // Larger reads than the buffer go past it, straight into the caller's array.
    this.in = new BufferedInputStream(socket.getInputStream(), HEAD_BUFFER);
    this.out = new BufferedOutputStream(socket.getOutputStream(), HEAD_BUFFER);
  }

  /** Says what to do when the current exchange is over; called once an exchange. */
  void lease(BiConsumer<HttpConnection, Boolean> whenReleased) {
    onRelease = whenReleased;
    released = false;
  }

  /**
   * Whether an exchange was completed on this connection before, so that it may have gone stale.
   */
  boolean used() {
    return used;
  }

  /** Sends the request with its body and reads the head of the response. */
  Response exchange(Request request, Duration timeout) throws IOException {
    writeHead(request, "Content-Length: " + request.body().length());
    try {
      request.body().writeTo(out);
      out.flush();
    } catch (IOException e) {
      return earlyAnswer(request, e);
    }
    return readResponse(request, timeout);
  }

  /** Starts a request whose body is of unknown length, to be written to {@link #writeChunk}. */
  void startChunked(Request request) throws IOException {
    writeHead(request, "Transfer-Encoding: chunked");
  }

  /** Writes one chunk, not empty. */
  void writeChunk(byte[] bytes, int offset, int length) throws IOException {
    out.write((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
    out.write(bytes, offset, length);
    out.write(CRLF);
  }

  /** Ends a body of chunks and reads the head of the response. */
  Response finishChunked(Request request, Duration timeout) throws IOException {
    out.write(LAST_CHUNK);
    out.flush();
    return readResponse(request, timeout);
  }

  private static final byte[] CRLF = {'\r', '\n'};
  private static final byte[] LAST_CHUNK = {'0', '\r', '\n', '\r', '\n'};

  /**
   * A server that refuses a body answers and closes while we still write. What it said is worth
   * more than the broken pipe.
   */
  Response earlyAnswer(Request request, IOException broken) throws IOException {
    keepAlive = false;
    try {
      return readResponse(request, Duration.ofSeconds(2));
    } catch (IOException e) {
      broken.addSuppressed(e);
      throw broken;
    }
  }

  /** Ends the lease. Closes the connection unless it can serve another request. */
  void release(boolean bodyWasRead) {
    if (released) {
      return;
    }
    released = true;
    used = true;
    boolean reusable = bodyWasRead && keepAlive;
    if (!reusable) {
      close();
    }
    onRelease.accept(this, reusable);
  }

  void close() {
    try {
      socket.close();
    } catch (IOException _) {
      // Nothing is left to be done with it.
    }
  }

  private void writeHead(Request request, String framing) throws IOException {
    URI uri = request.uri();
    StringBuilder head = new StringBuilder(512);
    head.append(request.method()).append(' ');
    if (absoluteTargets) {
      head.append(uri.getScheme()).append("://").append(uri.getRawAuthority());
    }
    String path = uri.getRawPath();
    head.append(path == null || path.isEmpty() ? "/" : path);
    if (uri.getRawQuery() != null) {
      head.append('?').append(uri.getRawQuery());
    }
    head.append(" HTTP/1.1\r\nHost: ").append(uri.getRawAuthority()).append("\r\n");
    if (!request.isRead()) {
      head.append(framing).append("\r\n");
    }
    fixedHeaders.forEach((name, value) -> appendField(head, name, value));
    request.headers().forEach((name, value) -> appendField(head, name, value));
    head.append("\r\n");
    out.write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
    if (request.isRead()) {
      out.flush();
    }
  }

  private static void appendField(StringBuilder head, String name, String value) {
    // A line break in a value would let whoever chose it write headers of their own.
    if (value.indexOf('\r') >= 0 || value.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("the value of header " + name + " has a line break");
    }
    head.append(name).append(": ").append(value).append("\r\n");
  }

  private Response readResponse(Request request, Duration timeout) throws IOException {
    socket.setSoTimeout((int) Math.min(Integer.MAX_VALUE, timeout.toMillis()));
    try {
      while (true) {
        int status = readStatus();
        Headers headers = readHeaders();
        if (status >= 100 && status < 200) {
          continue;
        }
        if (headers.has("Connection", "close")) {
          keepAlive = false;
        }
        boolean empty = request.method().equals("HEAD") || status == 204 || status == 304;
        return new Response(status, headers, MessageBody.of(this, in, headers, empty));
      }
    } catch (SocketTimeoutException e) {
      throw new IOException("no answer within " + timeout.toSeconds() + " s", e);
    }
  }

  private int readStatus() throws IOException {
    String line = MessageBody.readLine(in, MAX_LINE);
    if (!line.startsWith("HTTP/1.") || line.length() < 12) {
      throw new ProtocolException("the answer is not HTTP/1.1");
    }
    if (line.charAt(7) == '0') {
      keepAlive = false;
    }
    try {
      return Integer.parseInt(line.substring(9, 12));
    } catch (NumberFormatException e) {
      throw new ProtocolException("the answer has no status");
    }
  }

  private Headers readHeaders() throws IOException {
    Headers headers = new Headers();
    for (int i = 0; i <= MAX_FIELDS; i++) {
      String line = MessageBody.readLine(in, MAX_LINE);
      if (line.isEmpty()) {
        return headers;
      }
      int colon = line.indexOf(':');
      if (colon <= 0) {
        throw new ProtocolException("the answer has a malformed header");
      }
      headers.add(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
    }
    throw new ProtocolException("the answer has more than " + MAX_FIELDS + " headers");
  }
}
