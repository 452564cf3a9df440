package dev.slipway.e2e.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.DockerArchive;
import dev.slipway.builder.image.ImageArchive;
import dev.slipway.builder.image.ImageFormat;
import dev.slipway.builder.image.ImageGraph;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.MediaType;
import dev.slipway.builder.image.NamedImage;
import dev.slipway.builder.image.OciLayout;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.RegistrySettings;
import dev.slipway.builder.registry.ResolvedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Another tool reads what we write, and we read what it writes. */
@Timeout(300)
final class SkopeoTest {

  private static final Platform AMD64 = Platform.parse("linux/amd64");

  @TempDir Path dir;
  private final RegistryClient client = new RegistryClient(RegistrySettings.builder().build());
  private @Nullable RegistryProcess process;

  @BeforeEach
  void start() throws IOException {
    for (String program : List.of("docker-registry", "skopeo")) {
      assumeTrue(Programs.find(program).isPresent(), program + " is not installed");
    }
    process = RegistryProcess.dockerRegistry(dir, null);
  }

  @AfterEach
  void stop() {
    client.close();
    if (process != null) {
      process.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void copiesAndInspectsWhatWePushed(ImageFormat format) throws IOException {
    Samples.Image image = Samples.image("linux/amd64", format, 10, 50_000);
    ImageReference name = registry().reference("ours/app:1");
    image.pushTo(client, name);

    assertThat(Programs.run("skopeo", "inspect", "--tls-verify=false", "--raw", "docker://" + name))
        .isEqualTo(new String(image.manifest().bytes(), StandardCharsets.UTF_8));
    assertThat(
            Programs.run("skopeo", "inspect", "--tls-verify=false", "--config", "docker://" + name))
        .contains("COPY file-10", "PATH=/bin");
    Path copy = dir.resolve("copy");
    copy("--src-tls-verify=false", "docker://" + name, "dir:" + copy);
    for (Blob layer : image.layers()) {
      assertThat(Digest.sha256(Files.readAllBytes(copy.resolve(layer.descriptor().digest().hex()))))
          .isEqualTo(layer.descriptor().digest());
    }
  }

  @ParameterizedTest
  @EnumSource
  void pullsWhatItPushed(ImageFormat format) throws IOException {
    Samples.Image image = Samples.image("linux/amd64", ImageFormat.OCI, 10, 50_000);
    Path layout = dir.resolve("layout");
    OciLayout.writeDirectory(
        layout,
        List.of(
            new NamedImage(List.of(ImageReference.parse("app:1")), image.manifest().descriptor())),
        image.source());
    ImageReference name = registry().reference("theirs/app:2");
    copy(
        "--dest-tls-verify=false",
        "--format",
        format == ImageFormat.OCI ? "oci" : "v2s2",
        "oci:" + layout + ":1",
        "docker://" + name);

    ResolvedImage found = client.resolve(name, AMD64);
    assertThat(found.manifest().mediaType()).isEqualTo(format.manifest());
    assertThat(found.config().content().config()).isEqualTo(image.config().content().config());
    assertThat(found.config().content().diffIds()).isEqualTo(image.config().content().diffIds());
    for (Descriptor layer : found.manifest().content().layers()) {
      assertThat(layer.mediaType().isLayer()).isTrue();
      try (InputStream in = client.fetchBlob(name, layer)) {
        assertThat(Digest.sha256(in.readAllBytes())).isEqualTo(layer.digest());
      }
    }
  }

  @Test
  void readsOurArchives() throws IOException {
    Samples.Image image = Samples.image("linux/amd64", ImageFormat.OCI, 10, 50_000);
    List<NamedImage> named =
        List.of(
            new NamedImage(List.of(ImageReference.parse("app:1")), image.manifest().descriptor()));
    Path oci = dir.resolve("oci.tar");
    Path docker = dir.resolve("docker.tar");
    try (OutputStream out = Files.newOutputStream(oci);
        OutputStream other = Files.newOutputStream(docker)) {
      OciLayout.writeTar(out, named, image.source());
      DockerArchive.writeTar(other, named, image.source());
    }
    for (String source :
        List.of("oci-archive:" + oci + ":1", "docker-archive:" + docker + ":app:1")) {
      ImageReference name = registry().reference("archived:" + source.substring(0, 3));
      copy("--dest-tls-verify=false", source, "docker://" + name);
      assertThat(client.resolve(name, AMD64).config().content().diffIds())
          .isEqualTo(image.config().content().diffIds());
    }
  }

  @Test
  void itsArchivesAreReadByUs() throws IOException {
    Samples.Image image = Samples.image("linux/amd64", ImageFormat.OCI, 10, 50_000);
    ImageReference name = registry().reference("app:1");
    image.pushTo(client, name);
    Path oci = dir.resolve("oci.tar");
    Path docker = dir.resolve("docker.tar");
    copy("--src-tls-verify=false", "docker://" + name, "oci-archive:" + oci + ":1");
    copy("--src-tls-verify=false", "docker://" + name, "docker-archive:" + docker + ":app:1");
    try (ImageArchive archive = ImageArchive.open(oci)) {
      ImageGraph graph = ImageGraph.read(archive, archive.find("1").orElseThrow().root());
      assertThat(graph.root().digest()).isEqualTo(image.manifest().digest());
      check(archive, graph);
    }
    try (ImageArchive archive = ImageArchive.open(docker)) {
      ImageGraph graph = ImageGraph.read(archive, archive.find("app:1").orElseThrow().root());
      assertThat(graph.root().mediaType()).isEqualTo(MediaType.DOCKER_MANIFEST);
      check(archive, graph);
    }
  }

  private static void check(ImageArchive archive, ImageGraph graph) throws IOException {
    assertThat(graph.blobs()).hasSize(3);
    for (Descriptor blob : graph.blobs()) {
      try (InputStream in = archive.open(blob)) {
        assertThat(Digest.sha256(in.readAllBytes())).isEqualTo(blob.digest());
      }
    }
  }

  private RegistryProcess registry() {
    return java.util.Objects.requireNonNull(process);
  }

  private static void copy(String... arguments) {
    List<String> command =
        new java.util.ArrayList<>(List.of("skopeo", "--insecure-policy", "copy"));
    command.addAll(List.of(arguments));
    Programs.run(command.toArray(String[]::new));
  }
}
