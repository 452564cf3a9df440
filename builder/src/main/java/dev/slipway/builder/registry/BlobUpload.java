package dev.slipway.builder.registry;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.ImageReference;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An upload of bytes whose digest is not known yet: they are written, in one pass, and {@link
 * #commit} names them. Closing it before that tells the registry to forget them.
 *
 * <p>What was written is not kept, so a broken connection ends the upload with a retryable failure
 * ({@code REGISTRY_UNREACHABLE}); who can produce the bytes again tries again, best with {@link
 * RegistryClient#push}. Not counted against the limit of transfers. Not thread-safe.
 */
public final class BlobUpload extends OutputStream {

  /** Asks whether the repository has a blob. */
  interface Stored {
    boolean get(Digest digest) throws IOException;
  }

  private static final int BUFFER = 64 * 1024;

  private final Transport transport;
  private final Endpoint endpoint;
  private final Scope scope;
  private final String action;
  private final Duration answerTimeout;
  private final URI place;
  private final Stored stored;
  private final byte[] buffer = new byte[BUFFER];
  private int buffered;
  private long size;
  private @Nullable HttpConnection connection;
  private @Nullable Request request;
  private boolean over;

  BlobUpload(
      Transport transport,
      Endpoint endpoint,
      Scope scope,
      ImageReference target,
      URI place,
      Stored stored,
      Duration answerTimeout) {
    this.transport = transport;
    this.endpoint = endpoint;
    this.scope = scope;
    this.action = "pushing a new blob to " + target.name().familiar();
    this.place = place;
    this.stored = stored;
    this.answerTimeout = answerTimeout;
  }

  /** How many bytes were written so far. */
  public long size() {
    return size;
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes) {
    write(bytes, 0, bytes.length);
  }

  /**
   * Sends bytes.
   *
   * @throws BuildException if the registry is gone or refuses them
   */
  @Override
  public void write(byte[] bytes, int offset, int length) {
    size += length;
    if (buffered + length <= BUFFER) {
      System.arraycopy(bytes, offset, buffer, buffered, length);
      buffered += length;
      return;
    }
    flushBuffer();
    if (length >= BUFFER) {
      send(bytes, offset, length);
    } else {
      System.arraycopy(bytes, offset, buffer, 0, length);
      buffered = length;
    }
  }

  /**
   * Ends the upload: the bytes become the blob {@code digest}.
   *
   * @throws BuildException {@code DIGEST_MISMATCH} if the registry got other bytes
   */
  public void commit(Digest digest) {
    flushBuffer();
    URI next = finish();
    over = true;
    boolean[] again = {false};
    transport.run(
        action,
        endpoint,
        () -> {
          // The answer to the first try may have been lost after all was done.
          if (!again[0] || !stored.get(digest)) {
            again[0] = true;
            put(next, digest);
          }
          return digest;
        });
  }

  /** Ends an upload that was not committed; does nothing after {@link #commit}. */
  @Override
  public void close() {
    if (over) {
      return;
    }
    over = true;
    if (connection != null) {
      connection.release(false);
    }
    try (Response response =
        transport.send(endpoint, Request.of("DELETE", place, RequestBody.EMPTY), scope)) {
      // Not every registry can; an upload that is left alone expires there.
      response.status();
    } catch (IOException | BuildException _) {
      // The failure that made the caller give up is the one to hear of.
    }
  }

  private void flushBuffer() {
    if (buffered > 0) {
      int length = buffered;
      buffered = 0;
      send(buffer, 0, length);
    }
  }

  private void send(byte[] bytes, int offset, int length) {
    if (over) {
      throw new IllegalStateException("the upload is over");
    }
    if (connection == null) {
      start();
    }
    HttpConnection open = Objects.requireNonNull(connection);
    try {
      open.writeChunk(bytes, offset, length);
    } catch (IOException e) {
      throw broken(open, e);
    }
  }

  private void start() {
    // Nothing was sent yet, so this can be tried again.
    transport.run(
        action,
        endpoint,
        () -> {
          Request patch =
              Request.of("PATCH", place, RequestBody.EMPTY)
                  .with("Content-Type", "application/octet-stream");
          String authorization = transport.authorization(endpoint, place, scope);
          if (authorization != null) {
            patch = patch.with("Authorization", authorization);
          }
          HttpConnection open = transport.open(endpoint, place);
          open.startChunked(patch);
          request = patch;
          connection = open;
          return open;
        });
  }

  private BuildException broken(HttpConnection open, IOException e) {
    RetryPolicy.checkCancelled(action, e);
    try (Response response = open.earlyAnswer(Objects.requireNonNull(request), e)) {
      return transport.refusal(action, endpoint, scope, response).failure();
    } catch (IOException gone) {
      return Refusal.unreachable(action, endpoint, gone);
    }
  }

  /** Ends the body; the place where the upload goes on. */
  private URI finish() {
    HttpConnection open = connection;
    if (open == null) {
      return place;
    }
    try (Response response =
        open.finishChunked(Objects.requireNonNull(request), Transport.slow(answerTimeout))) {
      if (!response.ok()) {
        throw transport.refusal(action, endpoint, scope, response).failure();
      }
      return response.headers().first("Location").isPresent()
          ? Transport.location(endpoint, place, response)
          : place;
    } catch (IOException e) {
      throw broken(open, e);
    }
  }

  private void put(URI next, Digest digest) throws IOException {
    Request put = Request.of("PUT", withDigest(next, digest), RequestBody.EMPTY);
    try (Response response = transport.sendSlow(endpoint, put, scope)) {
      checkStored(transport, action, endpoint, scope, response, digest);
    }
  }

  static void checkStored(
      Transport transport,
      String action,
      Endpoint endpoint,
      Scope scope,
      Response response,
      Digest digest)
      throws IOException {
    if (response.status() != 201 && response.status() != 204) {
      StatusException refusal = transport.refusal(action, endpoint, scope, response);
      // The specification's code for it; docker-registry says so with status 400.
      if (response.status() == 400 && String.valueOf(refusal.getMessage()).contains("DIGEST_INV")) {
        throw new StatusException(
            400,
            Duration.ZERO,
            new BuildException(
                ErrorCode.DIGEST_MISMATCH,
                action + ": the registry received other bytes than those of " + digest,
                refusal));
      }
      throw refusal;
    }
    String stored = response.headers().first("Docker-Content-Digest").orElse("");
    if (!stored.isEmpty() && !stored.equals(digest.toString())) {
      throw new StatusException(
          response.status(),
          Duration.ZERO,
          new BuildException(
              ErrorCode.DIGEST_MISMATCH,
              action
                  + ": the registry says that it stored "
                  + Refusal.clean(stored)
                  + " where "
                  + digest
                  + " was sent"));
    }
  }

  static URI withDigest(URI place, Digest digest) {
    String query = place.getRawQuery();
    return URI.create(
        place.getScheme()
            + "://"
            + place.getRawAuthority()
            + place.getRawPath()
            + "?"
            + (query == null || query.isEmpty() ? "" : query + "&")
            + "digest="
            + URLEncoder.encode(digest.toString(), StandardCharsets.UTF_8));
  }
}
