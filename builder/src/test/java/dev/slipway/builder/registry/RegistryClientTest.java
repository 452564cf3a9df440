package dev.slipway.builder.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the client does with a registry that behaves. */
final class RegistryClientTest {

  private static final Platform AMD64 = Platform.parse("linux/amd64");

  private final FakeRegistry registry = FakeRegistry.start();
  private final RegistryClient client = Samples.client();

  @AfterEach
  void stop() {
    client.close();
    registry.close();
  }

  @Test
  void refusesTheFirstSchemaOfDockerByName() {
    byte[] bytes =
        """
        {"schemaVersion": 1, "name": "old", "tag": "1", "architecture": "amd64",
         "fsLayers": [{"blobSum": "sha256:%s"}], "history": [{"v1Compatibility": "{}"}]}
        """
            .formatted("a".repeat(64))
            .getBytes(StandardCharsets.UTF_8);
    for (String type :
        List.of(
            "application/vnd.docker.distribution.manifest.v1+json",
            "application/vnd.docker.distribution.manifest.v1+prettyjws",
            "application/json")) {
      registry.addManifest("old", "1", type, bytes);
      assertThatThrownBy(() -> client.resolve(registry.reference("old:1"), AMD64))
          .isInstanceOfSatisfying(
              BuildException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED);
                assertThat(e.retryable()).isFalse();
              })
          .hasMessageContaining("old:1")
          .hasMessageContaining("schema 1 manifest");
    }
    assertThat(registry.log()).noneMatch(line -> line.contains("/blobs/"));
  }

  @Test
  void pullsWhatItPushed() throws IOException {
    ImageReference target = registry.reference("team/app:1");
    Samples.Image image = Samples.image("linux/amd64", 10, 300_000, 0);

    image.pushTo(client, target);
    ResolvedImage resolved = client.resolve(target, AMD64);

    assertThat(resolved.digest()).isEqualTo(image.manifest().digest());
    assertThat(resolved.manifest()).isEqualTo(image.manifest());
    assertThat(resolved.config()).isEqualTo(image.config());
    assertThat(resolved.index()).isNull();
    for (Blob layer : image.layers()) {
      try (InputStream in = client.fetchBlob(target, layer.descriptor());
          InputStream expected = layer.open()) {
        assertThat(in.readAllBytes()).isEqualTo(expected.readAllBytes());
      }
    }
    assertThat(registry.openUploads()).isZero();
  }

  @Test
  void findsTheManifestOfAPlatformInAnIndex() {
    ImageReference name = registry.reference("multi:latest");
    Samples.Image amd64 = Samples.image("linux/amd64", 10);
    Samples.Image arm = Samples.image("linux/arm/v7", 20);
    amd64.pushTo(client, name.withTag("a"));
    arm.pushTo(client, name.withTag("b"));
    Document<Index> index =
        Index.of(
                ImageFormat.OCI,
                List.of(
                    amd64.manifest().descriptor().withPlatform(AMD64),
                    arm.manifest().descriptor().withPlatform(Platform.parse("linux/arm/v7"))),
                Map.of())
            .toDocument();
    client.putManifest(name, index);

    ResolvedImage found = client.resolve(registry.reference("multi"), Platform.parse("linux/arm"));
    assertThat(found.digest()).isEqualTo(index.digest());
    assertThat(found.manifest()).isEqualTo(arm.manifest());
    assertThatThrownBy(() -> client.resolve(name, Platform.parse("linux/s390x")))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PLATFORM_NOT_FOUND))
        .hasMessageContaining("linux/s390x; there is linux/amd64, linux/arm/v7");
  }

  @Test
  void saysThatAnImageIsNotThere() {
    ImageReference absent = registry.reference("nobody/nothing:7");
    assertThatThrownBy(() -> client.resolve(absent, AMD64))
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND);
              assertThat(e.retryable()).isFalse();
            })
        .hasMessageContaining(absent.familiar());
    assertThat(client.head(absent)).isEmpty();
    assertThat(client.tags(absent)).isEmpty();
    assertThat(client.deleteManifest(absent)).isFalse();
  }

  @Test
  void refusesAnArtifactWhereAnImageIsWanted() {
    ImageReference name = registry.reference("artifact:1");
    Document<Manifest> artifact =
        new Manifest(
                MediaType.OCI_MANIFEST,
                "application/x",
                Descriptor.of(MediaType.OCI_EMPTY, "{}".getBytes(StandardCharsets.UTF_8)),
                List.of(),
                null,
                Map.of())
            .toDocument();
    client.putManifest(name, artifact);
    assertThatThrownBy(() -> client.resolve(name, AMD64)).hasMessageContaining("artifact");
  }

  @Test
  void looksBeforeItSends() {
    ImageReference target = registry.reference("a/b");
    Blob blob = Samples.layer(1000, 1);
    assertThat(client.exists(target, blob.descriptor().digest())).isFalse();
    assertThat(client.push(target, blob)).isEqualTo(PushResult.UPLOADED);
    assertThat(client.exists(target, blob.descriptor().digest())).isTrue();
    registry.forgetSeen();
    assertThat(client.push(target, blob)).isEqualTo(PushResult.EXISTED);
    assertThat(registry.log()).hasSize(1).first().asString().startsWith("HEAD ");
  }

  @Test
  void mountsFromAnotherRepositoryOfTheSameRegistry() {
    ImageReference base = registry.reference("base/debian:12");
    ImageReference target = registry.reference("team/app:1");
    Blob blob = Samples.layer(1000, 1);
    client.push(base, blob);
    registry.forgetSeen();

    assertThat(client.push(target, client.blob(base, blob.descriptor())))
        .isEqualTo(PushResult.MOUNTED);
    assertThat(registry.log()).noneMatch(line -> line.startsWith("PUT"));
    assertThat(registry.blob("team/app", blob.descriptor().digest())).isNotNull();
    assertThat(client.mount(registry.reference("x"), blob.descriptor().digest(), base)).isTrue();
  }

  @Test
  void sendsWhatCannotBeMounted() {
    registry.withoutMounts();
    ImageReference base = registry.reference("base/debian:12");
    ImageReference target = registry.reference("team/app:1");
    Blob blob = Samples.layer(1000, 1);
    client.push(base, blob);

    assertThat(client.push(target, client.blob(base, blob.descriptor())))
        .isEqualTo(PushResult.UPLOADED);
    assertThat(client.mount(registry.reference("x"), blob.descriptor().digest(), base)).isFalse();
    assertThat(registry.openUploads()).isZero();
  }

  @Test
  void copiesFromOneRegistryToAnother() {
    try (FakeRegistry other = FakeRegistry.start()) {
      Blob blob = Samples.layer(2_000_000, 1);
      client.push(registry.reference("a"), blob);
      assertThat(
              client.push(
                  other.reference("b"), client.blob(registry.reference("a"), blob.descriptor())))
          .isEqualTo(PushResult.UPLOADED);
      assertThat(other.blob("b", blob.descriptor().digest())).hasSize(2_000_000);
      assertThat(other.log()).noneMatch(line -> line.contains("mount"));
    }
  }

  @Test
  void uploadsBytesWhoseDigestIsKnownOnlyAtTheEnd() throws IOException {
    ImageReference target = registry.reference("stream");
    byte[] bytes = Samples.layer(700_000, 3).open().readAllBytes();
    try (BlobUpload upload = client.startUpload(target)) {
      upload.write(bytes[0]);
      upload.write(bytes, 1, 9);
      upload.write(bytes, 10, 500_000);
      upload.write(bytes, 500_010, bytes.length - 500_010);
      assertThat(upload.size()).isEqualTo(bytes.length);
      upload.commit(Digest.sha256(bytes));
    }
    assertThat(registry.blob("stream", Digest.sha256(bytes))).isEqualTo(bytes);
    assertThat(registry.openUploads()).isZero();
  }

  @Test
  void uploadsNothingAtAll() {
    try (BlobUpload upload = client.startUpload(registry.reference("stream"))) {
      upload.commit(Digest.sha256(new byte[0]));
    }
    assertThat(registry.blob("stream", Digest.sha256(new byte[0]))).isEmpty();
  }

  @Test
  void forgetsAnUploadThatIsGivenUp() {
    try (BlobUpload upload = client.startUpload(registry.reference("stream"))) {
      upload.write(new byte[200_000]);
    }
    assertThat(registry.openUploads()).isZero();
    assertThat(registry.log()).anyMatch(line -> line.startsWith("DELETE "));
  }

  @Test
  void noticesThatTheRegistryGotOtherBytes() {
    try (BlobUpload upload = client.startUpload(registry.reference("stream"))) {
      upload.write(new byte[10]);
      assertThatThrownBy(() -> upload.commit(Digest.sha256(new byte[9])))
          .isInstanceOfSatisfying(
              BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DIGEST_MISMATCH));
    }
  }

  @Test
  void putsAManifestByTagAndByDigestAndNeverUnderAWrongDigest() {
    Samples.Image image = Samples.image("linux/amd64", 5);
    ImageReference name = registry.reference("app");
    client.putManifest(name.withTag("1"), image.manifest());
    client.putManifest(name.withDigest(image.manifest().digest()), image.manifest());
    assertThat(registry.manifest("app", "1")).isEqualTo(image.manifest().bytes());
    assertThat(registry.manifest("app", image.manifest().digest().toString()))
        .isEqualTo(image.manifest().bytes());
    assertThatThrownBy(
            () -> client.putManifest(name.withDigest(Digest.sha256(new byte[1])), image.manifest()))
        .hasMessageContaining("the manifest to push has the digest");
  }

  @Test
  void tellsWhereANamePointsWithoutFetchingIt() {
    Samples.Image image = Samples.image("linux/amd64", 5);
    ImageReference name = registry.reference("app:1");
    client.putManifest(name, image.manifest());
    registry.forgetSeen();
    assertThat(client.head(name)).contains(image.manifest().descriptor());
    assertThat(registry.log()).containsExactly("HEAD /v2/app/manifests/1");
  }

  @Test
  void listsTagsOverSeveralPages() {
    registry.pageSize(2);
    Samples.Image image = Samples.image("linux/amd64", 5);
    for (String tag : List.of("a", "b", "c", "d", "e")) {
      client.putManifest(registry.reference("app").withTag(tag), image.manifest());
    }
    assertThat(client.tags(registry.reference("app"))).containsExactly("a", "b", "c", "d", "e");
    assertThat(client.deleteManifest(registry.reference("app:c"))).isTrue();
    assertThat(client.tags(registry.reference("app"))).containsExactly("a", "b", "d", "e");
  }

  @Test
  void findsReferrersWithTheApiAndWithTheFallbackTag() {
    Samples.Image image = Samples.image("linux/amd64", 5);
    ImageReference name = registry.reference("app:1");
    client.putManifest(name, image.manifest());
    ImageReference subject = registry.reference("app").withDigest(image.manifest().digest());
    Document<Manifest> signature =
        new Manifest(
                MediaType.OCI_MANIFEST,
                "application/vnd.example.signature",
                Descriptor.of(MediaType.OCI_EMPTY, "{}".getBytes(StandardCharsets.UTF_8)),
                List.of(),
                image.manifest().descriptor(),
                Map.of())
            .toDocument();
    client.putManifest(registry.reference("app").withDigest(signature.digest()), signature);
    assertThat(client.referrers(subject))
        .extracting(Descriptor::digest)
        .containsExactly(signature.digest());

    registry.withoutReferrers();
    assertThat(client.referrers(subject)).isEmpty();
    client.putManifest(
        registry.reference("app").withTag("sha256-" + image.manifest().digest().hex()),
        Index.of(ImageFormat.OCI, List.of(signature.descriptor()), Map.of()).toDocument());
    assertThat(client.referrers(subject))
        .extracting(Descriptor::digest)
        .containsExactly(signature.digest());
  }

  @Test
  void keepsConnectionsOpen() {
    Samples.Image image = Samples.image("linux/amd64", 5);
    for (int i = 0; i < 20; i++) {
      client.putManifest(registry.reference("app:" + i), image.manifest());
    }
    // One probe of how this host is spoken to, and one request each; nothing is asked twice.
    assertThat(registry.seen()).hasSize(21);
  }
}
