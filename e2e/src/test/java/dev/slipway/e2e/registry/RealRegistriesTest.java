package dev.slipway.e2e.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.ImageFormat;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Index;
import dev.slipway.builder.image.Manifest;
import dev.slipway.builder.image.MediaType;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.registry.BlobUpload;
import dev.slipway.builder.registry.Credentials;
import dev.slipway.builder.registry.PushResult;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.RegistrySettings;
import dev.slipway.builder.registry.ResolvedImage;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the fake promises about registries, asked of real ones. */
@Timeout(300)
final class RealRegistriesTest {

  private static final Platform AMD64 = Platform.parse("linux/amd64");

  @TempDir Path dir;

  enum Kind {
    DOCKER_REGISTRY("docker-registry"),
    ZOT("zot");

    private final String program;

    Kind(String program) {
      this.program = program;
    }
  }

  private RegistryProcess start(Kind kind) throws IOException {
    assumeTrue(
        Programs.find(kind.program).isPresent(),
        kind.program + " is not installed, so this registry is not held against the client");
    return kind == Kind.ZOT ? RegistryProcess.zot(dir) : RegistryProcess.dockerRegistry(dir, null);
  }

  private static RegistryClient client() {
    return new RegistryClient(RegistrySettings.builder().build());
  }

  @ParameterizedTest
  @EnumSource
  void pushesAndPullsImagesAndIndexes(Kind kind) throws IOException {
    try (RegistryProcess registry = start(kind);
        RegistryClient client = client()) {
      ImageReference name = registry.reference("team/app:1");
      Samples.Image amd64 = Samples.image("linux/amd64", ImageFormat.OCI, 10, 100_000);
      Samples.Image arm64 = Samples.image("linux/arm64", ImageFormat.OCI, 20);
      amd64.pushTo(client, name.withTag("amd64"));
      arm64.pushTo(client, name.withTag("arm64"));
      Document<Index> index =
          Index.of(
                  ImageFormat.OCI,
                  List.of(
                      amd64.manifest().descriptor().withPlatform(AMD64),
                      arm64.manifest().descriptor().withPlatform(Platform.parse("linux/arm64"))),
                  Map.of())
              .toDocument();
      client.putManifest(name, index);
      Samples.Image docker = Samples.image("linux/amd64", ImageFormat.DOCKER, 30);
      docker.pushTo(client, name.withTag("docker"));

      ResolvedImage found = client.resolve(name, AMD64);
      assertThat(found.digest()).isEqualTo(index.digest());
      assertThat(found.manifest()).isEqualTo(amd64.manifest());
      assertThat(found.config()).isEqualTo(amd64.config());
      assertThat(client.resolve(name.withTag("docker"), AMD64).manifest())
          .isEqualTo(docker.manifest());
      assertThat(client.head(name).orElseThrow().digest()).isEqualTo(index.digest());
      assertThat(client.tags(name)).containsExactlyInAnyOrder("1", "amd64", "arm64", "docker");
      for (Blob layer : amd64.layers()) {
        assertSame(client, name, layer);
      }
      assertThatThrownBy(() -> client.resolve(registry.reference("absent:1"), AMD64))
          .isInstanceOfSatisfying(
              BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND));
      assertThatThrownBy(() -> client.resolve(name, Platform.parse("linux/s390x")))
          .hasMessageContaining("there is linux/amd64, linux/arm64");
    }
  }

  @ParameterizedTest
  @EnumSource
  void mountsStreamsAndGivesUp(Kind kind) throws IOException {
    try (RegistryProcess registry = start(kind);
        RegistryClient client = client()) {
      ImageReference base = registry.reference("base");
      ImageReference target = registry.reference("app");
      Blob blob = random(3_000_000);
      assertThat(client.push(base, blob)).isEqualTo(PushResult.UPLOADED);
      assertThat(client.push(base, blob)).isEqualTo(PushResult.EXISTED);
      assertThat(client.push(target, client.blob(base, blob.descriptor())))
          .isEqualTo(PushResult.MOUNTED);
      assertSame(client, target, blob);

      byte[] bytes = random(5_000_001).open().readAllBytes();
      try (BlobUpload upload = client.startUpload(target)) {
        upload.write(bytes, 0, 1_000_000);
        upload.write(bytes, 1_000_000, 4_000_001);
        upload.commit(Digest.sha256(bytes));
      }
      assertThat(client.exists(target, Digest.sha256(bytes))).isTrue();
      try (BlobUpload upload = client.startUpload(target)) {
        upload.write(bytes, 0, 100);
        assertThatThrownBy(() -> upload.commit(Digest.sha256(bytes)))
            .isInstanceOfSatisfying(
                BuildException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.DIGEST_MISMATCH));
      }
      try (BlobUpload upload = client.startUpload(target)) {
        upload.write(bytes, 0, 1_000_000);
      }
      assertThat(client.exists(target, Digest.sha256(new byte[0]))).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void keepsReferrersFindable(Kind kind) throws IOException {
    try (RegistryProcess registry = start(kind);
        RegistryClient client = client()) {
      Samples.Image image = Samples.image("linux/amd64", ImageFormat.OCI, 10);
      ImageReference name = registry.reference("app:1");
      image.pushTo(client, name);
      byte[] empty = "{}".getBytes(StandardCharsets.UTF_8);
      Descriptor config = Descriptor.of(MediaType.OCI_EMPTY, empty);
      client.push(name, Blob.of(config, empty));
      ImageReference subject = name.name().withDigest(image.manifest().digest());
      assertThat(client.referrers(subject)).isEmpty();
      if (kind == Kind.ZOT) {
        Document<Manifest> signature =
            new Manifest(
                    MediaType.OCI_MANIFEST,
                    "application/vnd.example.signature",
                    config,
                    List.of(config),
                    image.manifest().descriptor(),
                    Map.of())
                .toDocument();
        client.putManifest(name.name().withDigest(signature.digest()), signature);
        assertThat(client.referrers(subject))
            .extracting(Descriptor::digest)
            .containsExactly(signature.digest());
      }
      assertThat(client.deleteManifest(subject)).isTrue();
      assertThat(client.head(subject)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void getsThroughANetworkThatCutsEveryThirdConnection(Kind kind) throws IOException {
    try (RegistryProcess registry = start(kind);
        CuttingRelay relay = new CuttingRelay(registry.port(), 1_500_000);
        RegistryClient client = client()) {
      ImageReference name = ImageReference.parse(relay.host() + "/app:1");
      Samples.Image image =
          Samples.image("linux/amd64", ImageFormat.OCI, 9_000_000, 8_000_000, 10, 5_000_000);
      image.pushTo(client, name);
      assertThat(client.resolve(name, AMD64).manifest()).isEqualTo(image.manifest());
      for (int i = 0; i < 3; i++) {
        for (Blob layer : image.layers()) {
          // A client of its own for each, so that there are many connections to cut.
          try (RegistryClient other = client()) {
            assertSame(other, name, layer);
          }
        }
      }
      assertThat(relay.cuts()).isPositive();
    }
  }

  @Test
  void getsThroughARestartInTheMiddleOfAPush() throws IOException {
    try (RegistryProcess registry = start(Kind.DOCKER_REGISTRY);
        RegistryClient client = client()) {
      ImageReference target = registry.reference("app");
      Blob blob = random(20_000_000);
      AtomicBoolean restarted = new AtomicBoolean();
      Blob fateful =
          new Blob() {
            @Override
            public Descriptor descriptor() {
              return blob.descriptor();
            }

            @Override
            public InputStream open() throws IOException {
              return new FilterInputStream(blob.open()) {
                private long read;

                @Override
                public int read(byte[] buffer, int offset, int length) throws IOException {
                  int count = super.read(buffer, offset, length);
                  read += count;
                  if (read > 10_000_000 && restarted.compareAndSet(false, true)) {
                    registry.kill();
                    registry.restart();
                  }
                  return count;
                }
              };
            }
          };
      assertThat(client.push(target, fateful)).isEqualTo(PushResult.UPLOADED);
      assertThat(restarted).isTrue();
      assertSame(client, target, blob);
    }
  }

  @Test
  void logsIn() throws IOException {
    assumeTrue(Programs.find("docker-registry").isPresent(), "docker-registry is not installed");
    assumeTrue(Programs.find("htpasswd").isPresent(), "htpasswd (apache2-utils) is not installed");
    Path htpasswd = dir.resolve("htpasswd");
    Programs.run("htpasswd", "-Bbc", "-C", "5", htpasswd.toString(), "me", "s3cret");
    try (RegistryProcess registry = RegistryProcess.dockerRegistry(dir, htpasswd)) {
      Samples.Image image = Samples.image("linux/amd64", ImageFormat.OCI, 10);
      ImageReference name = registry.reference("app:1");
      try (RegistryClient client = withLogin(registry.host(), "s3cret")) {
        image.pushTo(client, name);
        assertThat(client.resolve(name, AMD64).manifest()).isEqualTo(image.manifest());
      }
      try (RegistryClient client = withLogin(registry.host(), "wr0ng")) {
        assertThatThrownBy(() -> image.pushTo(client, name))
            .isInstanceOfSatisfying(
                BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_AUTH))
            .hasMessageContaining("refused the credentials (401)")
            .hasMessageNotContaining("wr0ng");
      }
      try (RegistryClient client = client()) {
        assertThatThrownBy(() -> client.resolve(name, AMD64))
            .hasMessageContaining("docker login " + registry.host());
      }
    }
  }

  private RegistryClient withLogin(String host, String password) throws IOException {
    String auth =
        Base64.getEncoder().encodeToString(("me:" + password).getBytes(StandardCharsets.UTF_8));
    Path config =
        Files.writeString(
            dir.resolve("login.json"),
            "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(host, auth));
    return new RegistryClient(
        RegistrySettings.builder().credentials(Credentials.ofFiles(List.of(config))).build());
  }

  private static void assertSame(RegistryClient client, ImageReference repository, Blob blob)
      throws IOException {
    try (InputStream in = client.fetchBlob(repository, blob.descriptor());
        InputStream expected = blob.open()) {
      assertThat(in.readAllBytes()).isEqualTo(expected.readAllBytes());
    }
  }

  private static Blob random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return Blob.of(Descriptor.of(MediaType.OCI_LAYER, bytes), bytes);
  }
}
