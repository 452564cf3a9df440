package dev.slipway.builder.registry;

import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.History;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.ImageFormat;
import dev.slipway.builder.image.Manifest;
import dev.slipway.builder.image.MediaType;
import dev.slipway.builder.image.Platform;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Images and settings for the tests of this package. */
final class Samples {

  static final RetryPolicy QUICK =
      new RetryPolicy(6, Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofSeconds(5));

  private Samples() {}

  /** An image of some layers whose bytes are the same every time. */
  record Image(Document<Manifest> manifest, Document<ImageConfig> config, List<Blob> layers) {

    void pushTo(RegistryClient client, dev.slipway.builder.image.ImageReference target) {
      layers.forEach(layer -> client.push(target, layer));
      client.push(target, Blob.of(config));
      client.putManifest(target, manifest);
    }
  }

  static Image image(String platform, int... layerSizes) {
    List<Blob> layers =
        java.util.Arrays.stream(layerSizes).mapToObj(size -> layer(size, size)).toList();
    ImageConfig config = ImageConfig.scratch(Platform.parse(platform));
    for (Blob layer : layers) {
      config = config.plus(layer.descriptor().digest(), new History(null, "COPY", "", "", false));
    }
    Document<ImageConfig> written = config.toDocument(ImageFormat.OCI);
    Document<Manifest> manifest =
        Manifest.of(
                ImageFormat.OCI,
                written.descriptor(),
                layers.stream().map(Blob::descriptor).toList(),
                Map.of())
            .toDocument();
    return new Image(manifest, written, layers);
  }

  static Blob layer(int size, int seed) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return Blob.of(Descriptor.of(MediaType.OCI_LAYER_GZIP, bytes), bytes);
  }

  static RegistryClient client() {
    return client(RegistrySettings.builder());
  }

  /** One that goes on trying for long. */
  static RegistryClient patientClient() {
    RetryPolicy patient =
        new RetryPolicy(25, Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofSeconds(5));
    return new RegistryClient(
        RegistrySettings.builder().retries(patient).answerTimeout(Duration.ofSeconds(5)).build());
  }

  static RegistryClient client(RegistrySettings.Builder settings) {
    return new RegistryClient(settings.retries(QUICK).answerTimeout(Duration.ofSeconds(5)).build());
  }
}
