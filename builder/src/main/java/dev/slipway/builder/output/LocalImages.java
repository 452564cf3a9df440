package dev.slipway.builder.output;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Manifest;
import dev.slipway.builder.image.MediaType;
import dev.slipway.builder.store.ContentStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The images that this machine has, by name: what {@code build -t} without a registry and {@code
 * load} leave behind, and what FROM finds before it asks a registry. Thread-safe.
 */
public final class LocalImages {
  private final ContentStore store;

  public LocalImages(ContentStore store) {
    this.store = store;
  }

  /** The image of a name, all of whose bytes are here; a digest in it must be that of the image. */
  public Optional<FinishedImage> find(ImageReference reference) {
    return store
        .image(reference.name().withTag(reference.tagOrDefault()).toString())
        .flatMap(this::read)
        .filter(
            image -> reference.digestIfKnown().map(image.manifest().digest()::equals).orElse(true));
  }

  /** Keeps an image under a name; the bytes of its layers are copied here where they are not. */
  public void put(ImageReference name, FinishedImage image) {
    putUnnamed(image);
    List<Digest> blobs = new ArrayList<>();
    image.layers().forEach(layer -> blobs.add(layer.blob().descriptor().digest()));
    blobs.add(image.config().digest());
    blobs.add(image.manifest().digest());
    store.putImage(
        name.name().withTag(name.tagOrDefault()).toString(),
        image.manifest().digest() + " " + image.manifest().mediaType(),
        blobs);
  }

  /** Keeps the bytes of an image that has no name. */
  public void putUnnamed(FinishedImage image) {
    try {
      for (FinishedImage.ImageLayer layer : image.layers()) {
        keep(layer.blob());
      }
      keep(Blob.of(image.config()));
      keep(Blob.of(image.manifest()));
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.IO,
          "keeping the image " + image.manifest().digest() + ": " + e.getMessage(),
          e);
    }
  }

  private Optional<FinishedImage> read(String record) {
    String[] parts = record.split(" ", -1);
    Optional<Path> file = store.blob(Digest.parse(parts[0]));
    if (file.isEmpty()) {
      return Optional.empty();
    }
    try {
      Document<Manifest> manifest =
          Manifest.parse(MediaType.parse(parts[1]), Files.readAllBytes(file.get()));
      Descriptor configAt = manifest.content().config();
      Optional<Path> configFile = store.blob(configAt.digest());
      if (configFile.isEmpty()) {
        return Optional.empty();
      }
      List<FinishedImage.ImageLayer> layers = new ArrayList<>();
      for (Descriptor layer : manifest.content().layers()) {
        Optional<Path> blob = store.blob(layer.digest());
        if (blob.isEmpty()) {
          return Optional.empty();
        }
        layers.add(new FinishedImage.ImageLayer(Blob.of(layer, blob.get()), Optional.empty()));
      }
      return Optional.of(
          new FinishedImage(
              manifest,
              ImageConfig.parse(configAt.mediaType(), Files.readAllBytes(configFile.get())),
              layers));
    } catch (IOException e) {
      // Pruned between two looks: then the image is not here.
      return Optional.empty();
    }
  }

  private void keep(Blob blob) throws IOException {
    Descriptor descriptor = blob.descriptor();
    if (store.blob(descriptor.digest()).isPresent()) {
      return;
    }
    Path folder = store.newScratch("image");
    try (InputStream in = blob.open()) {
      Path file = folder.resolve("blob");
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
      store.addBlob(descriptor.digest(), file);
    } finally {
      store.delete(folder);
    }
  }
}
