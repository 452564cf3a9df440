package dev.slipway.builder.registry;

import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.ImageReference;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Getting blobs into a repository. Thread-safe. */
final class BlobPush {

  /** Below this, sending all again is simpler than asking where it broke. */
  private static final long WORTH_RESUMING = 1024 * 1024;

  private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-(\\d+)");

  private final Transport transport;
  private final Endpoints endpoints;
  private final Duration answerTimeout;

  BlobPush(Transport transport, Endpoints endpoints, Duration answerTimeout) {
    this.transport = transport;
    this.endpoints = endpoints;
    this.answerTimeout = answerTimeout;
  }

  boolean exists(ImageReference target, Digest digest) {
    String action = "looking for blob " + digest + " in " + target.name().familiar();
    Endpoint endpoint = endpoints.origin(action, target.registry());
    // The scope of a push, because a push is what follows: one token serves both.
    Scope scope = Scope.push(endpoint.repository(target.repository()));
    return transport.run(action, endpoint, () -> exists(action, endpoint, scope, target, digest));
  }

  private boolean exists(
      String action, Endpoint endpoint, Scope scope, ImageReference target, Digest digest)
      throws IOException {
    URI uri = endpoint.repositoryUri(target.repository(), "blobs/" + digest);
    try (Response response = transport.send(endpoint, Request.head(uri), scope)) {
      if (response.status() == 404) {
        return false;
      }
      if (!response.ok()) {
        throw transport.refusal(action, endpoint, scope, response);
      }
      return true;
    }
  }

  boolean mount(ImageReference target, Digest digest, ImageReference from) {
    String action = "mounting blob " + digest + " into " + target.name().familiar();
    Endpoint endpoint = endpoints.origin(action, target.registry());
    Scope scope = Scope.push(endpoint.repository(target.repository()));
    Optional<URI> place =
        transport.run(
            action,
            endpoint,
            () ->
                tryMount(
                    action,
                    endpoint,
                    scope,
                    target,
                    digest,
                    endpoint.repository(from.repository())));
    place.ifPresent(begun -> abandon(endpoint, scope, begun));
    return place.isEmpty();
  }

  PushResult push(ImageReference target, Blob blob, List<ImageReference> mountFrom) {
    Digest digest = blob.descriptor().digest();
    String action = "pushing blob " + digest + " to " + target.name().familiar();
    Endpoint endpoint = endpoints.origin(action, target.registry());
    Scope scope = Scope.push(endpoint.repository(target.repository()));
    if (transport.run(action, endpoint, () -> exists(action, endpoint, scope, target, digest))) {
      return PushResult.EXISTED;
    }
    Optional<URI> place = Optional.empty();
    for (String from : homes(endpoint, target, mountFrom)) {
      place.ifPresent(begun -> abandon(endpoint, scope, begun));
      place =
          transport.run(
              action, endpoint, () -> tryMount(action, endpoint, scope, target, digest, from));
      if (place.isEmpty()) {
        return PushResult.MOUNTED;
      }
    }
    send(action, endpoint, scope, target, blob, place.orElse(null));
    return PushResult.UPLOADED;
  }

  /** Where on the same host the blob may be, also because a base came through a mirror there. */
  private Set<String> homes(
      Endpoint endpoint, ImageReference target, List<ImageReference> mountFrom) {
    Set<String> homes = new LinkedHashSet<>();
    for (ImageReference from : mountFrom) {
      homes.addAll(endpoints.namesOn(endpoint, target.registry(), from));
    }
    homes.remove(endpoint.repository(target.repository()));
    return homes;
  }

  BlobUpload start(ImageReference target) {
    String action = "pushing a new blob to " + target.name().familiar();
    Endpoint endpoint = endpoints.origin(action, target.registry());
    Scope scope = Scope.push(endpoint.repository(target.repository()));
    URI place = transport.run(action, endpoint, () -> begin(action, endpoint, scope, target));
    return new BlobUpload(
        transport,
        endpoint,
        scope,
        target,
        place,
        digest -> exists(action, endpoint, scope, target, digest),
        answerTimeout);
  }

  private void send(
      String action,
      Endpoint endpoint,
      Scope scope,
      ImageReference target,
      Blob blob,
      @Nullable URI begun) {
    Semaphore limit = endpoints.uploads(endpoint);
    Sources.acquire(limit, action);
    Sending sending = new Sending(action, endpoint, scope, target, blob);
    sending.place = begun;
    try {
      transport.run(action, endpoint, sending);
    } finally {
      limit.release();
      if (sending.place != null) {
        abandon(endpoint, scope, sending.place);
      }
      sending.leftovers.forEach(old -> abandon(endpoint, scope, old));
    }
  }

  /** One upload of known bytes over all its attempts. */
  private final class Sending implements Transport.Attempt<Digest> {
    private final String action;
    private final Endpoint endpoint;
    private final Scope scope;
    private final ImageReference target;
    private final Blob blob;

    /** Where an upload was begun that is not finished; null for none. */
    private @Nullable URI place;

    /** Uploads that were begun and given up; to be told to the registry when there is time. */
    private final List<URI> leftovers = new ArrayList<>();

    /** How much of it the registry has, as far as it said. */
    private long sent;

    private boolean broke;

    /** How many requests of this upload were answered as hoped. */
    private long progress;

    Sending(String action, Endpoint endpoint, Scope scope, ImageReference target, Blob blob) {
      this.action = action;
      this.endpoint = endpoint;
      this.scope = scope;
      this.target = target;
      this.blob = blob;
    }

    @Override
    public long progress() {
      return progress;
    }

    @Override
    public Digest run() throws IOException {
      if (broke && resume()) {
        return blob.descriptor().digest();
      }
      URI here = place;
      if (here == null) {
        here = begin(action, endpoint, scope, target);
        progress++;
        place = here;
        sent = 0;
      }
      broke = true;
      if (sent > 0) {
        here = patchRest(here);
      }
      Digest digest = blob.descriptor().digest();
      RequestBody body = sent > 0 ? RequestBody.EMPTY : RequestBody.of(blob, 0);
      Request put =
          Request.of("PUT", BlobUpload.withDigest(here, digest), body)
              .with("Content-Type", "application/octet-stream");
      try (Response response = transport.sendSlow(endpoint, put, scope)) {
        if (response.status() == 404 || response.status() == 416) {
          // The registry was restarted and has forgotten the upload: begin another.
          place = null;
          throw new IOException("the registry has forgotten the upload");
        }
        BlobUpload.checkStored(transport, action, endpoint, scope, response, digest);
      }
      place = null;
      return digest;
    }

    /**
     * Asks how much arrived before the connection broke. One question only: on a network that cuts
     * every third connection, an attempt of three requests would be cut at its last one for ever.
     *
     * @return whether all did, and only the answer was lost
     */
    private boolean resume() throws IOException {
      URI old = place;
      place = null;
      if (old == null) {
        return false;
      }
      if (blob.descriptor().size() < WORTH_RESUMING) {
        leftovers.add(old);
        return false;
      }
      try (Response response = transport.send(endpoint, Request.get(old), scope)) {
        progress++;
        Optional<Long> last = response.headers().first("Range").flatMap(BlobPush::lastByte);
        if (response.ok() && last.isPresent() && last.get() < blob.descriptor().size()) {
          place =
              response.headers().first("Location").isPresent()
                  ? Transport.location(endpoint, old, response)
                  : old;
          // "0-0" is what registries say for one byte and, by mistake, for none.
          sent = last.get() == 0 ? 0 : last.get() + 1;
          return false;
        }
      } catch (IOException e) {
        RetryPolicy.checkCancelled(action, e);
        // The next attempt asks the same again.
        place = old;
        throw e;
      }
      // A registry forgets an upload that is done.
      if (exists(action, endpoint, scope, target, blob.descriptor().digest())) {
        return true;
      }
      leftovers.add(old);
      return false;
    }

    private URI patchRest(URI here) throws IOException {
      long size = blob.descriptor().size();
      if (sent == size) {
        return here;
      }
      Request patch =
          Request.of("PATCH", here, RequestBody.of(blob, sent))
              .with("Content-Type", "application/octet-stream")
              .with("Content-Range", sent + "-" + (size - 1));
      try (Response response = transport.sendSlow(endpoint, patch, scope)) {
        if (response.ok()) {
          URI next =
              response.headers().first("Location").isPresent()
                  ? Transport.location(endpoint, here, response)
                  : here;
          place = next;
          return next;
        }
        if (response.status() == 404 || response.status() == 416) {
          place = null;
          throw new IOException("the registry has forgotten the upload");
        }
        throw transport.refusal(action, endpoint, scope, response);
      }
    }
  }

  /** The number of the last byte that a {@code Range} header says was received. */
  private static Optional<Long> lastByte(String range) {
    Matcher matcher = RANGE.matcher(range.strip());
    return matcher.matches() && matcher.group(1).length() <= 18
        ? Optional.of(Long.parseLong(matcher.group(1)))
        : Optional.empty();
  }

  /**
   * Asks for a mount.
   *
   * @return empty where it was done, else the place of the upload that the registry began instead
   */
  private Optional<URI> tryMount(
      String action,
      Endpoint endpoint,
      Scope scope,
      ImageReference target,
      Digest digest,
      String from)
      throws IOException {
    String query =
        "?mount="
            + URLEncoder.encode(digest.toString(), StandardCharsets.UTF_8)
            + "&from="
            + URLEncoder.encode(from, StandardCharsets.UTF_8);
    Scope both = scope.andPull(from);
    URI uri = endpoint.repositoryUri(target.repository(), "blobs/uploads/" + query);
    Request post = Request.of("POST", uri, RequestBody.EMPTY);
    try (Response response = transport.send(endpoint, post, both)) {
      return switch (response.status()) {
        case 201 -> Optional.empty();
        case 202 -> Optional.of(Transport.location(endpoint, uri, response));
        // No right to read there, or no mounts here, is no reason not to push.
        case 401, 403, 404, 405 -> Optional.of(begin(action, endpoint, scope, target));
        default -> throw transport.refusal(action, endpoint, both, response);
      };
    } catch (StatusException e) {
      // Some token services refuse the whole token where one scope is too much.
      if (e.isFromTokenService() && (e.status() == 401 || e.status() == 403)) {
        return Optional.of(begin(action, endpoint, scope, target));
      }
      throw e;
    }
  }

  private URI begin(String action, Endpoint endpoint, Scope scope, ImageReference target)
      throws IOException {
    URI uri = endpoint.repositoryUri(target.repository(), "blobs/uploads/");
    Request post = Request.of("POST", uri, RequestBody.EMPTY);
    try (Response response = transport.send(endpoint, post, scope)) {
      if (response.status() != 202) {
        throw transport.refusal(action, endpoint, scope, response);
      }
      return Transport.location(endpoint, uri, response);
    }
  }

  /** Tells the registry to forget an upload; it expires there in any case. */
  private void abandon(Endpoint endpoint, Scope scope, URI place) {
    Request delete = Request.of("DELETE", place, RequestBody.EMPTY);
    try (Response response = transport.send(endpoint, delete, scope)) {
      response.status();
    } catch (IOException _) {
      // Politeness only.
    }
  }
}
