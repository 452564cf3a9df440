package dev.slipway.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.History;
import dev.slipway.builder.image.ImageConfig;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Manifest;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.RegistrySettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The image that users pull, as it is in the registry. */
@OnRealCluster
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ImageTest {
  private static final long LARGEST = 120_000_000;
  private static final int SETUID_OR_SETGID = 06000;

  /** A row of the table of parts in docs/install.md. */
  private static final Pattern ROW = Pattern.compile("(?m)^\\| .* \\| ([0-9.]+) MB \\|$");

  private final RealCluster cluster;
  private final RegistryClient registry;
  private final ImageReference reference;

  @SuppressWarnings("NullAway.Init")
  private Manifest manifest;

  @SuppressWarnings("NullAway.Init")
  private ImageConfig config;

  ImageTest(RealCluster cluster, SlipwayImage image) {
    this.cluster = cluster;
    this.registry =
        new RegistryClient(RegistrySettings.builder().insecure(cluster.registry()).build());
    this.reference = ImageReference.parse(image.reference());
  }

  @BeforeAll
  void read() {
    manifest = (Manifest) registry.manifest(reference).content();
    config = registry.config(reference, manifest).content();
  }

  @AfterAll
  void close() {
    registry.close();
  }

  @Test
  void itIsSmallAndItsPartsAreThoseOfTheDocumentation() throws IOException {
    Map<String, Long> parts = parts();
    parts.forEach((part, size) -> System.out.printf("%,12d %s%n", size, part));
    long all = manifest.layers().stream().mapToLong(Descriptor::size).sum();
    assertThat(all).isLessThan(LARGEST);
    List<Double> documented =
        ROW.matcher(Files.readString(Path.of("..", "docs", "install.md")))
            .results()
            .map((MatchResult row) -> Double.parseDouble(row.group(1)))
            .toList();
    assertThat(documented).as("rows of docs/install.md").hasSize(6);
    List<Double> found =
        new ArrayList<>(
            List.of(
                megabytes(parts, "COPY / /"),
                megabytes(parts, "/opt/slipway/jre"),
                megabytes(parts, "/opt/slipway/lib"),
                megabytes(parts, ".aot"),
                megabytes(parts, "/opt/slipway/app"),
                all / 1e6));
    for (int i = 0; i < found.size(); i++) {
      assertThat(documented.get(i))
          .as("row %d of docs/install.md; now it is %s", i + 1, found)
          .isCloseTo(found.get(i), within(0.2 + found.get(i) / 10));
    }
  }

  private static double megabytes(Map<String, Long> parts, String what) {
    List<Long> sizes =
        parts.entrySet().stream()
            .filter(part -> part.getKey().contains(what))
            .map(Map.Entry::getValue)
            .toList();
    assertThat(sizes).as("layers of %s in %s", what, parts).hasSize(1);
    return sizes.getFirst() / 1e6;
  }

  /** The instruction of each layer, and the layer's size. */
  private Map<String, Long> parts() {
    Map<String, Long> parts = new LinkedHashMap<>();
    Iterator<Descriptor> layers = manifest.layers().iterator();
    for (History step : config.history()) {
      if (!step.emptyLayer()) {
        parts.put(String.valueOf(step.createdBy()), layers.next().size());
      }
    }
    assertThat(layers).isExhausted();
    return parts;
  }

  @Test
  void nothingInItRunsAsSomebodyElse() throws IOException {
    List<String> found = new ArrayList<>();
    int files = 0;
    for (Descriptor layer : manifest.layers()) {
      try (InputStream blob = registry.fetchBlob(reference, layer);
          TarArchiveInputStream tar =
              new TarArchiveInputStream(new GzipCompressorInputStream(blob))) {
        for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; files++) {
          if (entry.isFile() && (entry.getMode() & SETUID_OR_SETGID) != 0) {
            found.add(entry.getName());
          }
          assertThat(entry.getExtraPaxHeaders().keySet())
              .as(entry.getName())
              .noneMatch(header -> header.contains("security.capability"));
        }
      }
    }
    assertThat(files).isGreaterThan(500);
    assertThat(found).as("setuid or setgid").isEmpty();
  }

  /** What apt installed is not asked for again, nor what the JVM makes of equal files. */
  @Test
  void builtAgainItIsTheSame() throws IOException {
    SlipwayImage again =
        SlipwayImage.build(cluster, "again", "--no-cache-filter=jre", "--no-cache-filter=jars");
    assertThat(registry.head(ImageReference.parse(again.reference())).map(Descriptor::digest))
        .isEqualTo(registry.head(reference).map(Descriptor::digest));
  }
}
