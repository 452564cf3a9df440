package dev.slipway.builder.cache;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Index;
import dev.slipway.builder.image.Manifest;
import dev.slipway.builder.image.ManifestOrIndex;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.registry.RegistryClient;
import java.io.IOException;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/**
 * A tag of a repository. A registry has no compare-and-swap: {@link CacheWriter} makes up for it.
 */
final class RegistryBackend implements Backend {
  /** The config of a cache that BuildKit wrote. */
  private static final String BUILDKIT = "application/vnd.buildkit.cacheconfig.v0";

  private final RegistryClient client;
  private final ImageReference reference;
  private final Platform platform;
  private final Clock clock;

  /**
   * @param platform whose image holds an inline cache
   */
  RegistryBackend(RegistryClient client, ImageReference reference, Platform platform, Clock clock) {
    this.client = client;
    this.reference = reference;
    this.platform = platform;
    this.clock = clock;
  }

  @Override
  public String name() {
    return reference.familiar();
  }

  @Override
  public Optional<Content> read() {
    try {
      Document<? extends ManifestOrIndex> found = client.manifest(reference);
      if (found.content() instanceof Index index) {
        Optional<Descriptor> image = index.select(platform);
        boolean buildKit = index.manifests().stream().anyMatch(RegistryBackend::isBuildKit);
        if (buildKit || image.isEmpty()) {
          return Optional.of(new Content(CacheIndex.EMPTY, buildKit));
        }
        found = client.manifest(reference.name().withDigest(image.get().digest()));
      }
      return found.content() instanceof Manifest manifest
          ? Optional.of(content(manifest, LocalDate.now(clock.withZone(ZoneOffset.UTC))))
          : Optional.of(new Content(CacheIndex.EMPTY, false));
    } catch (BuildException e) {
      if (e.code() == ErrorCode.IMAGE_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  static Content content(Manifest manifest, LocalDate today) {
    boolean ours = CacheManifest.ARTIFACT.equals(manifest.artifactType());
    return new Content(CacheManifest.read(manifest, today), ours || isBuildKit(manifest.config()));
  }

  private static boolean isBuildKit(Descriptor descriptor) {
    return descriptor.mediaType().value().equals(BUILDKIT);
  }

  @Override
  public Blob blob(Descriptor descriptor) {
    return client.blob(reference.name(), descriptor);
  }

  @Override
  public boolean has(Descriptor blob) {
    return client.exists(reference.name(), blob.digest());
  }

  @Override
  public void push(Blob blob) {
    client.push(reference.name(), blob, List.of());
  }

  @Override
  public void write(Document<Manifest> manifest) {
    client.putManifest(reference, manifest);
  }

  @Override
  public void update(Update update) throws IOException {
    update.run();
  }

  @Override
  public Optional<ImageReference> repository() {
    return Optional.of(reference.name());
  }
}
