package dev.slipway.e2e.registry;

import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.BlobSource;
import dev.slipway.builder.image.ContainerConfig;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.History;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.ImageFormat;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Manifest;
import dev.slipway.builder.image.MediaType;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.registry.RegistryClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Images that other tools accept: their layers are real tars. */
final class Samples {

  private Samples() {}

  record Image(Document<Manifest> manifest, Document<ImageConfig> config, List<Blob> layers) {

    void pushTo(RegistryClient client, ImageReference target) {
      layers.forEach(layer -> client.push(target, layer));
      client.push(target, Blob.of(config));
      client.putManifest(target, manifest);
    }

    BlobSource source() {
      List<Blob> all = new ArrayList<>(layers);
      all.add(Blob.of(config));
      all.add(Blob.of(manifest));
      return BlobSource.of(all);
    }
  }

  static Image image(String platform, ImageFormat format, int... sizes) {
    List<Blob> layers = new ArrayList<>();
    ImageConfig config =
        ImageConfig.scratch(Platform.parse(platform))
            .withCreated(Instant.parse("2026-01-02T03:04:05Z"))
            .withConfig(
                ContainerConfig.builder().env("PATH", "/bin").cmd(List.of("/bin/sh")).build());
    for (int size : sizes) {
      byte[] tar = tar("file-" + size, size);
      byte[] compressed = gzip(tar);
      layers.add(Blob.of(Descriptor.of(MediaType.OCI_LAYER_GZIP, compressed), compressed));
      config =
          config.plus(
              Digest.sha256(tar), new History(Instant.EPOCH, "COPY file-" + size, "", "", false));
    }
    Document<ImageConfig> written = config.toDocument(format);
    Document<Manifest> manifest =
        Manifest.of(
                format,
                written.descriptor(),
                layers.stream().map(Blob::descriptor).toList(),
                Map.of())
            .toDocument();
    return new Image(manifest, written, layers);
  }

  private static byte[] tar(String name, int size) {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
      TarArchiveEntry entry = new TarArchiveEntry(name);
      entry.setModTime(0);
      entry.setSize(size);
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }
}
