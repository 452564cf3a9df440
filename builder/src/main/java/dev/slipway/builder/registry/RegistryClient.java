package dev.slipway.builder.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Index;
import dev.slipway.builder.image.Manifest;
import dev.slipway.builder.image.ManifestOrIndex;
import dev.slipway.builder.image.MediaType;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.json.JsonText;
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Pulls from and pushes to registries. See the OCI distribution specification, <a
 * href="https://github.com/opencontainers/distribution-spec/blob/main/spec.md">1.1</a>.
 *
 * <p>Reads ask the mirrors of a registry first; writes go to the registry itself. Everything that
 * can be repeated is repeated as {@link RetryPolicy} says. Failures are {@link BuildException}s
 * with one of {@code IMAGE_NOT_FOUND}, {@code PLATFORM_NOT_FOUND}, {@code REGISTRY_AUTH}, {@code
 * REGISTRY_DENIED}, {@code REGISTRY_UNREACHABLE}, {@code REGISTRY_ERROR}, {@code DIGEST_MISMATCH},
 * {@code IMAGE_INVALID}, or {@code CANCELLED} after an interrupt.
 *
 * <p>Thread-safe, and meant for many virtual threads at once; make one and share it, for it keeps
 * connections and tokens. Of a reference, blob operations use the registry and repository only.
 */
public final class RegistryClient implements AutoCloseable {

  static final int MAX_MANIFEST = 4 * 1024 * 1024;
  private static final int MAX_CONFIG = 16 * 1024 * 1024;
  private static final int MAX_LIST = 16 * 1024 * 1024;
  private static final int MAX_PAGES = 1000;

  private static final String ACCEPT =
      String.join(
          ", ",
          MediaType.OCI_INDEX.value(),
          MediaType.OCI_MANIFEST.value(),
          MediaType.DOCKER_MANIFEST_LIST.value(),
          MediaType.DOCKER_MANIFEST.value());

  private final Transport transport;
  private final Endpoints endpoints;
  private final Sources sources;
  private final BlobPush pushes;

  public RegistryClient(RegistrySettings settings) {
    this.transport = new Transport(settings);
    this.endpoints = new Endpoints(settings, transport);
    this.sources = new Sources(endpoints, transport);
    this.pushes = new BlobPush(transport, endpoints, settings.answerTimeout());
  }

  /**
   * Finds the image that {@code reference} stands for on {@code platform}: two or three small
   * requests, no layers.
   *
   * @throws BuildException {@code IMAGE_NOT_FOUND}, or {@code PLATFORM_NOT_FOUND} with a list of
   *     the platforms that there are
   */
  public ResolvedImage resolve(ImageReference reference, Platform platform) {
    Document<? extends ManifestOrIndex> top = manifest(reference);
    Document<Index> index = null;
    Document<? extends ManifestOrIndex> found = top;
    // An index may lead to another index; two levels are more than anybody has.
    for (int depth = 0; found.content() instanceof Index candidates; depth++) {
      Descriptor entry =
          candidates
              .select(platform)
              .orElseThrow(() -> noSuchPlatform(reference, platform, candidates));
      if (depth == 0) {
        index = Index.parse(found.mediaType(), found.bytes());
      } else if (depth > 1) {
        throw new BuildException(
            ErrorCode.IMAGE_INVALID,
            "resolving " + reference.familiar() + ": its indexes are nested too deeply");
      }
      found = manifest(reference.name().withDigest(entry.digest()));
    }
    Document<Manifest> manifest = Manifest.parse(found.mediaType(), found.bytes());
    if (!manifest.content().isImage()) {
      throw new BuildException(
          ErrorCode.IMAGE_INVALID,
          "resolving "
              + reference.familiar()
              + ": it is not a container image but an artifact with a config of type "
              + manifest.content().config().mediaType());
    }
    return new ResolvedImage(reference, index, manifest, config(reference, manifest.content()));
  }

  /**
   * What a name points at now, without its content: one small request, for finding out whether a
   * base image moved.
   *
   * @return empty where there is no such image
   */
  public Optional<Descriptor> head(ImageReference reference) {
    return sources.head(reference, ACCEPT);
  }

  /**
   * The manifest or index that a name stands for, checked against the digest in the name if any.
   */
  public Document<? extends ManifestOrIndex> manifest(ImageReference reference) {
    return sources.manifest(reference, ACCEPT);
  }

  /** The config that a manifest of this repository points at. */
  public Document<ImageConfig> config(ImageReference repository, Manifest manifest) {
    Descriptor config = manifest.config();
    byte[] bytes = sources.smallBlob(repository, config, MAX_CONFIG);
    return ImageConfig.parse(config.mediaType(), bytes);
  }

  /**
   * Opens a blob. Digest and size are checked as the bytes pass: the read that reaches the end
   * throws {@code DIGEST_MISMATCH} if they are not as described. Broken connections are resumed.
   * Counts against the limit of transfers until it is closed.
   */
  public InputStream fetchBlob(ImageReference repository, Descriptor blob) {
    return sources.blob(repository, blob);
  }

  /** A blob of this registry as a thing that can be pushed elsewhere; nothing is fetched yet. */
  public Blob blob(ImageReference repository, Descriptor blob) {
    return new RemoteBlob(this, repository, blob);
  }

  /** Whether the repository has this blob, asked of the registry itself. */
  public boolean exists(ImageReference repository, Digest digest) {
    return pushes.exists(repository, digest);
  }

  /**
   * Asks the registry to take a blob over from another of its repositories.
   *
   * @return false where it would not; then nothing is left behind
   */
  public boolean mount(ImageReference repository, Digest digest, ImageReference from) {
    return pushes.mount(repository, digest, from);
  }

  /**
   * Sees to it that the repository has {@code blob}: asks whether it is there, then for a mount
   * from {@code mountFrom} (those on the same registry, and the blob's own home if it is remote),
   * then sends it. The blob may be opened more than once.
   */
  public PushResult push(ImageReference repository, Blob blob, List<ImageReference> mountFrom) {
    List<ImageReference> homes = new ArrayList<>();
    if (blob instanceof RemoteBlob remote) {
      homes.add(remote.repository());
    }
    homes.addAll(mountFrom);
    return pushes.push(repository, blob, homes);
  }

  public PushResult push(ImageReference repository, Blob blob) {
    return push(repository, blob, List.of());
  }

  /** Starts an upload of bytes that are still to be made. */
  public BlobUpload startUpload(ImageReference repository) {
    return pushes.start(repository);
  }

  /**
   * Stores a manifest or index. What it points at has to be in the repository.
   *
   * @param reference where: the digest if the reference has one, else the tag
   * @throws BuildException {@code DIGEST_MISMATCH} if the registry stored something else
   */
  public void putManifest(ImageReference reference, Document<?> document) {
    Digest wanted = reference.digest();
    if (wanted != null && !wanted.equals(document.digest())) {
      throw new BuildException(
          ErrorCode.DIGEST_MISMATCH,
          "pushing "
              + reference.familiar()
              + ": the manifest to push has the digest "
              + document.digest());
    }
    String action = "pushing " + reference.familiar();
    Endpoint endpoint = endpoints.origin(action, reference.registry());
    Scope scope = Scope.push(endpoint.repository(reference.repository()));
    URI uri = endpoint.repositoryUri(reference.repository(), "manifests/" + reference.target());
    Request put =
        Request.of("PUT", uri, RequestBody.of(document.bytes()))
            .with("Content-Type", document.mediaType().value());
    transport.run(
        action,
        endpoint,
        () -> {
          try (Response response = transport.sendSlow(endpoint, put, scope)) {
            BlobUpload.checkStored(transport, action, endpoint, scope, response, document.digest());
          }
          return document;
        });
  }

  /**
   * Deletes the manifest that {@code reference} names by its digest, or by its tag.
   *
   * @return false where it was not there
   */
  public boolean deleteManifest(ImageReference reference) {
    String action = "deleting " + reference.familiar();
    Endpoint endpoint = endpoints.origin(action, reference.registry());
    Scope scope = Scope.delete(endpoint.repository(reference.repository()));
    URI uri = endpoint.repositoryUri(reference.repository(), "manifests/" + reference.target());
    return transport.run(
        action,
        endpoint,
        () -> {
          Request delete = Request.of("DELETE", uri, RequestBody.EMPTY);
          try (Response response = transport.send(endpoint, delete, scope)) {
            if (response.status() == 404) {
              return false;
            }
            if (!response.ok()) {
              throw transport.refusal(action, endpoint, scope, response);
            }
            return true;
          }
        });
  }

  /** The tags of a repository, in the registry's order; none where there is no such repository. */
  public List<String> tags(ImageReference repository) {
    String action = "listing the tags of " + repository.name().familiar();
    Endpoint endpoint = endpoints.origin(action, repository.registry());
    List<String> tags = new ArrayList<>();
    Optional<URI> page = Optional.of(endpoint.repositoryUri(repository.repository(), "tags/list"));
    Scope scope = Scope.pull(endpoint.repository(repository.repository()));
    for (int pages = 0; page.isPresent() && pages < MAX_PAGES; pages++) {
      page = listPage(action, endpoint, scope, page.get(), tags);
    }
    return tags;
  }

  private Optional<URI> listPage(
      String action, Endpoint endpoint, Scope scope, URI page, List<String> tags) {
    return transport.run(
        action,
        endpoint,
        () -> {
          try (Response response = transport.send(endpoint, Request.get(page), scope)) {
            if (response.status() == 404) {
              return Optional.empty();
            }
            if (!response.ok()) {
              throw transport.refusal(action, endpoint, scope, response);
            }
            for (JsonNode tag : JsonText.read(response.bytes(MAX_LIST)).path("tags")) {
              tags.add(tag.asText());
            }
            Optional<String> next = Sources.nextPage(response.headers());
            return next.isPresent()
                ? Optional.of(Targets.location(endpoint, page, next.get()))
                : Optional.empty();
          }
        });
  }

  /**
   * What points at a manifest: signatures, attestations, caches. A registry without the referrers
   * API is asked for the fallback tag of the specification instead.
   *
   * @param subject names the manifest by its digest
   */
  public List<Descriptor> referrers(ImageReference subject) {
    return sources.referrers(subject);
  }

  @Override
  public void close() {
    transport.close();
  }

  private static BuildException noSuchPlatform(
      ImageReference reference, Platform platform, Index index) {
    String there =
        index.platforms().stream().map(Platform::toString).collect(Collectors.joining(", "));
    return new BuildException(
        ErrorCode.PLATFORM_NOT_FOUND,
        "resolving "
            + reference.familiar()
            + ": it has no image for "
            + platform
            + (there.isEmpty() ? "" : "; there is " + there));
  }
}
