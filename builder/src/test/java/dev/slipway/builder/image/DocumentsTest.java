package dev.slipway.builder.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Manifests, indexes and configs: what is written, what survives, what is refused. */
final class DocumentsTest {

  private static final Descriptor CONFIG = Descriptor.of(MediaType.OCI_CONFIG, bytes("{}"));
  private static final Descriptor LAYER = Descriptor.of(MediaType.OCI_LAYER_GZIP, bytes("layer"));

  @Test
  void writesAManifestOfEitherFamilyAndReadsItBack() {
    Document<Manifest> oci =
        Manifest.of(ImageFormat.OCI, CONFIG, List.of(LAYER), Map.of("k", "v")).toDocument();
    assertThat(text(oci.bytes()))
        .isEqualTo(
            "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                + "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
                + "\"digest\":\""
                + CONFIG.digest()
                + "\",\"size\":2},\"layers\":[{\"mediaType\":"
                + "\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\""
                + LAYER.digest()
                + "\",\"size\":5}],\"annotations\":{\"k\":\"v\"}}");
    assertThat(Manifest.parse(oci.mediaType(), oci.bytes())).isEqualTo(oci);

    Document<Manifest> docker =
        Manifest.of(ImageFormat.DOCKER, CONFIG, List.of(LAYER), Map.of()).toDocument();
    assertThat(docker.content().config().mediaType()).isEqualTo(MediaType.DOCKER_CONFIG);
    assertThat(docker.content().layers().getFirst().mediaType())
        .isEqualTo(MediaType.DOCKER_LAYER_GZIP);
    assertThat(Manifest.parse(docker.mediaType(), docker.bytes()).content())
        .isEqualTo(docker.content());
  }

  @Test
  void keepsTheExactBytesOfAForeignManifest() {
    byte[] indented =
        bytes(
            "{\n   \"schemaVersion\": 2,\n   \"config\": {\"mediaType\": \""
                + CONFIG.mediaType()
                + "\", \"size\": 2, \"digest\": \""
                + CONFIG.digest()
                + "\"},\n   \"layers\": null, \"x\": 1}");
    Document<Manifest> read = Manifest.parse(MediaType.OCI_MANIFEST, indented);
    assertThat(read.bytes()).isEqualTo(indented);
    assertThat(read.digest()).isEqualTo(Digest.sha256(indented));
    assertThat(read.content().layers()).isEmpty();
  }

  @Test
  void believesTheBytesOfAServerThatKnowsNoManifests() {
    Document<Manifest> written =
        Manifest.of(ImageFormat.OCI, CONFIG, List.of(LAYER), Map.of()).toDocument();
    assertThat(ManifestOrIndex.parse(MediaType.parse("application/json"), written.bytes()))
        .isEqualTo(written);
  }

  @Test
  void convertsMediaTypesBothWaysAndRefusesZstdInDockersFamily() {
    assertThat(MediaType.DOCKER_LAYER_GZIP.in(ImageFormat.OCI)).isEqualTo(MediaType.OCI_LAYER_GZIP);
    assertThat(MediaType.OCI_LAYER.in(ImageFormat.DOCKER)).isEqualTo(MediaType.DOCKER_LAYER);
    assertThat(MediaType.OCI_INDEX.in(ImageFormat.DOCKER))
        .isEqualTo(MediaType.DOCKER_MANIFEST_LIST);
    MediaType other = MediaType.parse("Application/vnd.example+json; charset=utf-8");
    assertThat(other.in(ImageFormat.DOCKER)).hasToString("application/vnd.example+json");
    assertThatThrownBy(() -> MediaType.OCI_LAYER_ZSTD.in(ImageFormat.DOCKER))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED));
  }

  @Test
  void refusesWhatCouldBeReadInTwoWays() {
    String config =
        "\"config\":" + "{\"mediaType\":\"a/b\",\"size\":1,\"digest\":\"" + LAYER.digest() + "\"}";
    invalid(MediaType.OCI_MANIFEST, "{\"layers\":[],\"manifests\":[]," + config + "}", "both");
    invalid(MediaType.OCI_INDEX, "{\"layers\":[]," + config + "}", "is a manifest");
    invalid(MediaType.OCI_MANIFEST, "{\"manifests\":[]}", "is an index");
    invalid(
        MediaType.OCI_MANIFEST,
        "{\"mediaType\":\"application/vnd.oci.image.index.v1+json\"," + config + "}",
        "but was sent as");
    invalid(MediaType.OCI_MANIFEST, "{\"layers\":[],\"layers\":[]," + config + "}", "JSON");
    invalid(MediaType.OCI_MANIFEST, "{" + config + "} {}", "JSON");
    invalid(MediaType.parse("text/html"), "{" + config + "}", "not an image manifest");
    assertThatThrownBy(() -> Manifest.parse(MediaType.OCI_MANIFEST, bytes("{\"schemaVersion\":1}")))
        .hasMessageContaining("schema 1");
  }

  @Test
  void refusesMalformedDescriptors() {
    String start = "{\"config\":{\"mediaType\":\"a/b\",";
    invalid(MediaType.OCI_MANIFEST, start + "\"size\":1}}", "digest");
    invalid(MediaType.OCI_MANIFEST, start + "\"digest\":\"" + LAYER.digest() + "\"}}", "size");
    invalid(
        MediaType.OCI_MANIFEST,
        start + "\"size\":-1,\"digest\":\"" + LAYER.digest() + "\"}}",
        "negative");
    invalid(
        MediaType.OCI_MANIFEST,
        start + "\"size\":1,\"digest\":\"sha256:../x\"}}",
        "invalid digest");
    invalid(MediaType.OCI_MANIFEST, "[]", "object");
    invalid(MediaType.OCI_MANIFEST, "", "object");
    invalid(MediaType.OCI_MANIFEST, "{\"config\":".repeat(2000), "JSON");
  }

  @Test
  void writesAConfigAsDockerDoes() {
    ImageConfig config =
        ImageConfig.scratch(Platform.parse("linux/arm64/v8"))
            .withCreated(Instant.parse("2026-01-02T03:04:05.120Z"))
            .withAuthor("A <a@example.com>")
            .withConfig(
                ContainerConfig.builder()
                    .user("app")
                    .exposePort("80/tcp")
                    .exposePort("53/udp")
                    .env("PATH", "/bin")
                    .env("A", "1")
                    .env("PATH", "/usr/bin")
                    .entrypoint(List.of("/app"))
                    .cmd(List.of("-v"))
                    .volume("/data")
                    .workingDir("/w")
                    .label("b", "2")
                    .label("a", "<1>")
                    .stopSignal("SIGINT")
                    .healthcheck(
                        new Healthcheck(
                            List.of("CMD", "true"),
                            Duration.ofSeconds(5),
                            Duration.ofSeconds(1),
                            Duration.ZERO,
                            Duration.ZERO,
                            3))
                    .addOnBuild("RUN x")
                    .shell(List.of("/bin/bash", "-c"))
                    .build())
            .plus(
                LAYER.digest(),
                new History(Instant.EPOCH, "COPY a /", "", "buildkit.dockerfile.v0", false))
            .plus(new History(null, "CMD [\"-v\"]", "", "", true));

    assertThat(text(config.toDocument(ImageFormat.OCI).bytes()))
        .isEqualTo(
            "{\"architecture\":\"arm64\",\"author\":\"A <a@example.com>\",\"config\":{"
                + "\"User\":\"app\",\"ExposedPorts\":{\"53/udp\":{},\"80/tcp\":{}},"
                + "\"Env\":[\"PATH=/usr/bin\",\"A=1\"],\"Entrypoint\":[\"/app\"],\"Cmd\":[\"-v\"],"
                + "\"Volumes\":{\"/data\":{}},\"WorkingDir\":\"/w\","
                + "\"Labels\":{\"a\":\"<1>\",\"b\":\"2\"},\"StopSignal\":\"SIGINT\","
                + "\"Healthcheck\":{\"Test\":[\"CMD\",\"true\"],\"Interval\":5000000000,"
                + "\"Timeout\":1000000000,\"Retries\":3},\"OnBuild\":[\"RUN x\"],"
                + "\"Shell\":[\"/bin/bash\",\"-c\"]},\"created\":\"2026-01-02T03:04:05.12Z\","
                + "\"history\":[{\"created\":\"1970-01-01T00:00:00Z\",\"created_by\":\"COPY a /\","
                + "\"comment\":\"buildkit.dockerfile.v0\"},"
                + "{\"created_by\":\"CMD [\\\"-v\\\"]\",\"empty_layer\":true}],\"os\":\"linux\","
                + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                + LAYER.digest()
                + "\"]}}");
    Document<ImageConfig> written = config.toDocument(ImageFormat.OCI);
    assertThat(ImageConfig.parse(written.mediaType(), written.bytes()).content()).isEqualTo(config);
  }

  @Test
  void carriesUnknownFieldsOfABaseIntoItsChildrenButNotTheTracesOfItsOwnBuild() {
    String base =
        """
        {"id":"abc","parent":"def","container":"c","docker_version":"20.10","created":null,
         "container_config":{"Cmd":["x"]},
         "architecture":"amd64","os":"windows","os.version":"10.0.20348.1","os.features":["win32k"],
         "config":{"Hostname":"h","Image":"sha256:1","ArgsEscaped":true,"Env":null,"Labels":{"a":null},
                   "Healthcheck":{"Test":["NONE"]},"OnBuild":["RUN y"],"Shell":["cmd"],"Memory":7,
                   "Entrypoint":[],"Cmd":null},
         "rootfs":{"type":"layers","diff_ids":[]},"moby.buildkit.cache.v0":"eA=="}
        """;
    ImageConfig read = ImageConfig.parse(MediaType.DOCKER_CONFIG, bytes(base)).content();
    assertThat(read.platform().osFeatures()).containsExactly("win32k");
    assertThat(read.config().argsEscaped()).isTrue();
    assertThat(read.config().labels()).containsEntry("a", "");

    String child =
        text(
            read.plus(new History(null, "x", "", "", true)).toDocument(ImageFormat.DOCKER).bytes());
    assertThat(child)
        .contains("\"os.version\":\"10.0.20348.1\"", "\"os.features\":[\"win32k\"]")
        .contains("\"ArgsEscaped\":true", "\"Healthcheck\":{\"Test\":[\"NONE\"]}")
        .contains("\"OnBuild\":[\"RUN y\"]", "\"Shell\":[\"cmd\"]", "\"Memory\":7")
        .contains("\"moby.buildkit.cache.v0\":\"eA==\"")
        .doesNotContain("container", "docker_version", "parent", "\"id\"", "Hostname", "Image\"")
        .doesNotContain("Entrypoint", "Cmd", "created\"");
  }

  @Test
  void refusesAMalformedConfig() {
    for (String bad :
        List.of(
            "{}",
            "[]",
            "{\"rootfs\":{\"type\":\"lazy\"}}",
            "{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"x\"]}}",
            "{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":{}}}",
            "{\"rootfs\":{\"type\":\"layers\"},\"config\":{\"Env\":\"A=1\"}}",
            "{\"rootfs\":{\"type\":\"layers\"},\"config\":{\"Env\":[1]}}",
            "{\"rootfs\":{\"type\":\"layers\"},\"created\":\"yesterday\"}",
            "{\"rootfs\":{\"type\":\"layers\"},\"history\":[7]}")) {
      assertThatThrownBy(() -> ImageConfig.parse(MediaType.OCI_CONFIG, bytes(bad)))
          .as(bad)
          .isInstanceOfSatisfying(
              BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_INVALID));
    }
  }

  private static void invalid(MediaType type, String json, String why) {
    assertThatThrownBy(() -> ManifestOrIndex.parse(type, bytes(json)))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_INVALID))
        .hasMessageContaining(why);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
