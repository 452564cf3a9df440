package dev.slipway.builder.cache;

import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.ImageArchive;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Manifest;
import dev.slipway.builder.image.NamedImage;
import dev.slipway.builder.image.OciLayout;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Lock;
import dev.slipway.builder.linux.OpenFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;

/** An OCI layout in a directory, which other tools can copy. Several builds may write to one. */
final class DirectoryBackend implements Backend {
  private final Path directory;
  private final String tag;
  private final Clock clock;

  DirectoryBackend(Path directory, String tag, Clock clock) {
    this.directory = directory;
    this.tag = tag;
    this.clock = clock;
  }

  @Override
  public String name() {
    return directory + ":" + tag;
  }

  @Override
  public Optional<Content> read() throws IOException {
    if (!Files.exists(directory.resolve("index.json"))) {
      return Optional.empty();
    }
    try (ImageArchive archive = ImageArchive.open(directory)) {
      Optional<NamedImage> named = archive.find(tag);
      if (named.isEmpty()) {
        return Optional.empty();
      }
      Descriptor root = named.get().root();
      if (!root.mediaType().isManifest()) {
        return Optional.of(new Content(CacheIndex.EMPTY, false));
      }
      try (InputStream in = archive.open(root)) {
        Manifest manifest = Manifest.parse(root.mediaType(), in.readAllBytes()).content();
        return Optional.of(
            RegistryBackend.content(manifest, LocalDate.now(clock.withZone(ZoneOffset.UTC))));
      }
    }
  }

  @Override
  public Blob blob(Descriptor descriptor) {
    return OciLayout.blob(directory, descriptor);
  }

  @Override
  public boolean has(Descriptor blob) {
    return Files.exists(OciLayout.file(directory, blob.digest()));
  }

  @Override
  public void push(Blob blob) throws IOException {
    OciLayout.addBlob(directory, blob);
  }

  @Override
  public void write(Document<Manifest> manifest) throws IOException {
    OciLayout.setTag(directory, tag, manifest);
  }

  @Override
  public void update(Update update) throws IOException {
    Files.createDirectories(directory);
    try (Dir dir = Dir.open(directory);
        OpenFile file = dir.openOrCreate(".lock", 0600)) {
      file.lock(Lock.EXCLUSIVE);
      update.run();
    }
  }

  @Override
  public Optional<ImageReference> repository() {
    return Optional.empty();
  }
}
