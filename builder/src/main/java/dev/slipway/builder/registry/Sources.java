package dev.slipway.builder.registry;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Index;
import dev.slipway.builder.image.ManifestOrIndex;
import dev.slipway.builder.image.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reading from a registry: its mirrors first, then itself. Thread-safe. */
final class Sources {

  private static final Logger LOG = LoggerFactory.getLogger(Sources.class);

  /** A mirror is only worth a second try: what it cannot give, the registry can. */
  private static final int MIRROR_ATTEMPTS = 2;

  private static final Pattern NEXT_LINK = Pattern.compile("<([^>]*)>\\s*;\\s*rel=\"?next\"?");
  private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-\\d+/(?:\\d+|\\*)");

  private final Endpoints endpoints;
  private final Transport transport;

  Sources(Endpoints endpoints, Transport transport) {
    this.endpoints = endpoints;
    this.transport = transport;
  }

  /** A read of something at one of the places that may have it. */
  private interface Read<T> {
    T from(Endpoint endpoint, RetryPolicy retries);
  }

  private <T> T first(String action, String registry, Read<T> read) {
    int last = endpoints.sources(registry) - 1;
    List<BuildException> mirrors = new ArrayList<>();
    for (int i = 0; i < last; i++) {
      String where = "a mirror of " + registry;
      try {
        Endpoint mirror = endpoints.source(action, registry, i);
        where = mirror.authority();
        return read.from(mirror, transport.retries().withAttempts(MIRROR_ATTEMPTS));
      } catch (BuildException e) {
        if (e.code() == ErrorCode.CANCELLED) {
          throw e;
        }
        LOG.info("{}: {} cannot serve it ({}); asking the next", action, where, e.getMessage());
        mirrors.add(e);
      }
    }
    try {
      return read.from(endpoints.source(action, registry, last), transport.retries());
    } catch (BuildException e) {
      throw e.code() == ErrorCode.REGISTRY_UNREACHABLE && !mirrors.isEmpty()
          ? unreachable(action, e, mirrors)
          : e;
    }
  }

  /** Where only the mirrors are in reach, what they answered is what can be put right. */
  private static BuildException unreachable(
      String action, BuildException registry, List<BuildException> mirrors) {
    BuildException telling =
        mirrors.stream()
            .filter(e -> e.code() != ErrorCode.IMAGE_NOT_FOUND)
            .filter(e -> e.code() != ErrorCode.REGISTRY_UNREACHABLE)
            .findFirst()
            .orElse(registry);
    List<String> said = new ArrayList<>();
    for (BuildException each : mirrors) {
      said.add(String.valueOf(each.getMessage()).replace(action + ": ", ""));
    }
    said.add(String.valueOf(registry.getMessage()).replace(action + ": ", ""));
    return new BuildException(
            telling.code(), action + ": " + String.join("; then: ", said), registry)
        .withRetryable(telling.retryable());
  }

  Optional<Descriptor> head(ImageReference reference, String accept) {
    String action = "resolving " + reference.familiar();
    try {
      return Optional.of(
          first(
              action,
              reference.registry(),
              (endpoint, retries) ->
                  transport.run(
                      action, endpoint, retries, () -> head(action, endpoint, reference, accept))));
    } catch (BuildException e) {
      if (e.code() == ErrorCode.IMAGE_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private Descriptor head(String action, Endpoint endpoint, ImageReference reference, String accept)
      throws IOException {
    Scope scope = Scope.pull(endpoint.repository(reference.repository()));
    Request request = Request.head(manifestUri(endpoint, reference)).with("Accept", accept);
    try (Response response = transport.send(endpoint, request, scope)) {
      check(action, endpoint, scope, reference, response);
      String digest = response.headers().first("Docker-Content-Digest").orElse("");
      long size = response.headers().first("Content-Length").map(Sources::number).orElse(-1L);
      Optional<Digest> parsed = Digest.tryParse(digest);
      if (parsed.isPresent() && size >= 0) {
        return new Descriptor(mediaType(response), parsed.get(), size);
      }
    }
    // A registry that does not say the digest makes us look at the bytes.
    return fetch(action, endpoint, reference, accept).descriptor();
  }

  Document<? extends ManifestOrIndex> manifest(ImageReference reference, String accept) {
    String action = "resolving " + reference.familiar();
    return first(
        action,
        reference.registry(),
        (endpoint, retries) ->
            transport.run(
                action, endpoint, retries, () -> fetch(action, endpoint, reference, accept)));
  }

  private Document<? extends ManifestOrIndex> fetch(
      String action, Endpoint endpoint, ImageReference reference, String accept)
      throws IOException {
    Scope scope = Scope.pull(endpoint.repository(reference.repository()));
    Request request = Request.get(manifestUri(endpoint, reference)).with("Accept", accept);
    try (Response response = transport.send(endpoint, request, scope)) {
      check(action, endpoint, scope, reference, response);
      byte[] bytes = response.bytes(RegistryClient.MAX_MANIFEST);
      Optional<Digest> promised =
          reference
              .digestIfKnown()
              .or(() ->
                  response.headers().first("Docker-Content-Digest").flatMap(Digest::tryParse));
      if (promised.isPresent()) {
        verify(action, promised.get(), bytes);
      }
      return parse(action, mediaType(response), bytes);
    }
  }

  /** The document knows its digest only; a user knows the image. */
  private static Document<? extends ManifestOrIndex> parse(
      String action, MediaType type, byte[] bytes) {
    try {
      return ManifestOrIndex.parse(type, bytes);
    } catch (BuildException e) {
      throw new BuildException(e.code(), action + ": " + e.getMessage(), e);
    }
  }

  byte[] smallBlob(ImageReference repository, Descriptor blob, int limit) {
    if (blob.size() > limit) {
      throw new BuildException(
          ErrorCode.IMAGE_INVALID,
          "reading the config %s of %s: it is %d bytes long, more than %d"
              .formatted(blob.digest(), repository.familiar(), blob.size(), limit));
    }
    try (InputStream in = blob(repository, blob)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.IO, "reading the config " + blob.digest() + ": " + e.getMessage(), e);
    }
  }

  InputStream blob(ImageReference repository, Descriptor blob) {
    String action = "pulling blob " + blob.digest() + " of " + repository.name().familiar();
    return first(
        action,
        repository.registry(),
        (endpoint, retries) -> open(action, endpoint, retries, repository, blob));
  }

  private InputStream open(
      String action,
      Endpoint endpoint,
      RetryPolicy retries,
      ImageReference repository,
      Descriptor blob) {
    Semaphore limit = endpoints.downloads(endpoint);
    acquire(limit, action);
    boolean opened = false;
    try {
      BlobDownload.Source source = offset -> range(action, endpoint, repository, blob, offset);
      Response response = transport.run(action, endpoint, retries, () -> source.open(0));
      InputStream stream =
          new BlobDownload(blob, action, endpoint, retries, source, response, limit::release);
      opened = true;
      return stream;
    } finally {
      if (!opened) {
        limit.release();
      }
    }
  }

  static void acquire(Semaphore limit, String action) {
    try {
      limit.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildException(ErrorCode.CANCELLED, action + ": cancelled", e);
    }
  }

  private Response range(
      String action, Endpoint endpoint, ImageReference repository, Descriptor blob, long offset)
      throws IOException {
    Scope scope = Scope.pull(endpoint.repository(repository.repository()));
    Request request =
        Request.get(endpoint.repositoryUri(repository.repository(), "blobs/" + blob.digest()));
    if (offset > 0) {
      request = request.with("Range", "bytes=" + offset + "-");
    }
    Response response = transport.send(endpoint, request, scope);
    if (!response.ok()) {
      throw transport.refusal(action, endpoint, scope, response);
    }
    try {
      long start = response.status() == 206 ? startOf(response) : 0;
      if (start > offset) {
        throw new ProtocolException("it sends another range than was asked for");
      }
      checkLength(action, response, blob, start);
      // Registries that do not know ranges send it all again.
      response.body().skipNBytes(offset - start);
      return response;
    } catch (IOException | RuntimeException e) {
      response.close();
      throw e;
    }
  }

  private static long startOf(Response response) throws ProtocolException {
    Matcher range =
        CONTENT_RANGE.matcher(response.headers().first("Content-Range").orElse("").strip());
    if (!range.matches()) {
      throw new ProtocolException("its partial answer does not say which part it is");
    }
    return number(range.group(1));
  }

  /** Finds out before the bytes move that they would not be the right ones. */
  private static void checkLength(String action, Response response, Descriptor blob, long start) {
    long length = response.headers().first("Content-Length").map(Sources::number).orElse(-1L);
    if (length >= 0 && length != blob.size() - start) {
      throw new BuildException(
          ErrorCode.DIGEST_MISMATCH,
          "%s: the registry offers %d bytes where %d were promised"
              .formatted(action, length + start, blob.size()));
    }
  }

  List<Descriptor> referrers(ImageReference subject) {
    Digest digest =
        subject
            .digestIfKnown()
            .orElseThrow(() -> new IllegalArgumentException("the subject is named by its digest"));
    String action = "listing what refers to " + subject.familiar();
    Endpoint endpoint = endpoints.origin(action, subject.registry());
    Scope scope = Scope.pull(endpoint.repository(subject.repository()));
    URI uri = endpoint.repositoryUri(subject.repository(), "referrers/" + digest);
    Optional<Index> index =
        transport.run(
            action,
            endpoint,
            () -> {
              Request request = Request.get(uri).with("Accept", MediaType.OCI_INDEX.value());
              try (Response response = transport.send(endpoint, request, scope)) {
                if (response.status() == 404) {
                  return Optional.empty();
                }
                if (!response.ok()) {
                  throw transport.refusal(action, endpoint, scope, response);
                }
                byte[] bytes = response.bytes(RegistryClient.MAX_MANIFEST);
                return Optional.of(Index.parse(MediaType.OCI_INDEX, bytes).content());
              }
            });
    return index.isPresent() ? index.get().manifests() : referrersTag(subject, digest);
  }

  /** <a href="https://github.com/opencontainers/distribution-spec">Referrers tag schema</a>. */
  private List<Descriptor> referrersTag(ImageReference subject, Digest digest) {
    ImageReference tag = subject.name().withTag(digest.algorithm() + "-" + digest.hex());
    try {
      return manifest(tag, MediaType.OCI_INDEX.value()).content() instanceof Index index
          ? index.manifests()
          : List.of();
    } catch (BuildException e) {
      if (e.code() == ErrorCode.IMAGE_NOT_FOUND) {
        return List.of();
      }
      throw e;
    }
  }

  static Optional<String> nextPage(Headers headers) {
    Matcher link = NEXT_LINK.matcher(headers.first("Link").orElse(""));
    return link.find() ? Optional.of(link.group(1)) : Optional.empty();
  }

  private void check(
      String action, Endpoint endpoint, Scope scope, ImageReference reference, Response response)
      throws IOException {
    if (response.status() == 404) {
      response.close();
      throw new StatusException(
          404,
          java.time.Duration.ZERO,
          new BuildException(
              ErrorCode.IMAGE_NOT_FOUND,
              action
                  + ": "
                  + endpoint.authority()
                  + " has no image "
                  + reference.familiar()
                  + ". Check its name and tag"));
    }
    if (!response.ok()) {
      throw transport.refusal(action, endpoint, scope, response);
    }
  }

  private static MediaType mediaType(Response response) {
    return MediaType.parse(response.headers().first("Content-Type").orElse(""));
  }

  private static void verify(String action, Digest promised, byte[] bytes) throws StatusException {
    java.security.MessageDigest hasher = promised.newHasher();
    hasher.update(bytes);
    if (!promised.matches(hasher)) {
      throw new StatusException(
          200,
          java.time.Duration.ZERO,
          new BuildException(
              ErrorCode.DIGEST_MISMATCH,
              action + ": the registry sent a manifest that does not have the digest " + promised));
    }
  }

  private static URI manifestUri(Endpoint endpoint, ImageReference reference) {
    return endpoint.repositoryUri(reference.repository(), "manifests/" + reference.target());
  }

  private static long number(String text) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
