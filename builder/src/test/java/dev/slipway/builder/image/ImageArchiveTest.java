package dev.slipway.builder.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImageArchiveTest {

  @TempDir Path dir;

  private final byte[] layer = "a layer, uncompressed".getBytes(StandardCharsets.UTF_8);
  private final Descriptor layerDescriptor = Descriptor.of(MediaType.OCI_LAYER, layer);
  private final Document<ImageConfig> config =
      ImageConfig.scratch(Platform.parse("linux/amd64"))
          .plus(layerDescriptor.digest(), new History(null, "COPY . /", "", "", false))
          .toDocument(ImageFormat.OCI);
  private final Document<Manifest> manifest =
      Manifest.of(ImageFormat.OCI, config.descriptor(), List.of(layerDescriptor), Map.of())
          .toDocument();
  private final Document<Index> index =
      Index.of(
              ImageFormat.OCI,
              List.of(manifest.descriptor().withPlatform(Platform.parse("linux/amd64"))),
              Map.of())
          .toDocument();
  private final BlobSource source =
      BlobSource.of(
          List.of(
              Blob.of(layerDescriptor, layer), Blob.of(config), Blob.of(manifest), Blob.of(index)));
  private final List<NamedImage> named =
      List.of(
          new NamedImage(
              List.of(ImageReference.parse("app:1"), ImageReference.parse("reg.example.com/app")),
              manifest.descriptor()));

  @Test
  void readsTheOciTarThatItWrote() throws IOException {
    Path tar = dir.resolve("image.tar");
    writeOci(tar, List.of(new NamedImage(named.getFirst().names(), index.descriptor())));

    try (ImageArchive archive = ImageArchive.open(tar)) {
      assertThat(archive.images()).hasSize(1);
      NamedImage image = archive.images().getFirst();
      assertThat(image.names())
          .hasToString("[docker.io/library/app:1, reg.example.com/app:latest]");
      assertThat(image.root().digest()).isEqualTo(index.digest());
      ImageGraph graph = ImageGraph.read(archive, image.root());
      assertThat(graph.manifests()).containsExactly(manifest, index);
      assertThat(graph.blobs())
          .extracting(Descriptor::digest)
          .containsExactly(config.digest(), layerDescriptor.digest());
      assertThat(read(archive, layerDescriptor)).isEqualTo(layer);
      assertThat(archive.find("app:1")).contains(image);
      assertThat(archive.find("latest")).contains(image);
      assertThat(archive.find("")).contains(image);
      assertThat(archive.find(index.digest().toString())).contains(image);
      assertThat(archive.find("other")).isEmpty();
    }
    assertThat(names(tar)).contains("oci-layout", "index.json", "blobs/sha256/");
  }

  @Test
  void writesTheSameBytesEveryTime() throws IOException {
    ByteArrayOutputStream one = new ByteArrayOutputStream();
    ByteArrayOutputStream other = new ByteArrayOutputStream();
    OciLayout.writeTar(one, named, source);
    OciLayout.writeTar(other, named, source);
    assertThat(one.toByteArray()).isEqualTo(other.toByteArray());
  }

  @Test
  void writesADockerArchiveForOldAndNewReaders() throws IOException {
    Path tar = dir.resolve("docker.tar");
    try (OutputStream out = Files.newOutputStream(tar)) {
      DockerArchive.writeTar(out, named, source);
    }
    assertThat(content(tar, "manifest.json"))
        .isEqualTo(
            "[{\"Config\":\"blobs/sha256/%s\",\"RepoTags\":[\"app:1\",\"reg.example.com/app:latest\"],"
                    .formatted(config.digest().hex())
                + "\"Layers\":[\"blobs/sha256/%s\"]}]".formatted(layerDescriptor.digest().hex()));
    assertThat(content(tar, "repositories"))
        .isEqualTo(
            "{\"app\":{\"1\":\"%1$s\"},\"reg.example.com/app\":{\"latest\":\"%1$s\"}}"
                .formatted(layerDescriptor.digest().hex()));
    try (ImageArchive archive = ImageArchive.open(tar)) {
      assertThat(archive.images().getFirst().root().digest()).isEqualTo(manifest.digest());
    }
  }

  @Test
  void refusesAnIndexInADockerArchive() {
    assertThatThrownBy(() ->
            DockerArchive.writeTar(
                OutputStream.nullOutputStream(),
                List.of(new NamedImage(List.of(), index.descriptor())),
                source))
        .hasMessageContaining("type=oci");
  }

  @Test
  void addsToADirectoryAndTakesOverNames() throws IOException {
    Path layout = dir.resolve("layout");
    OciLayout.writeDirectory(layout, named, source);
    // The same name for the index now; the manifest loses it, the other name stays.
    OciLayout.writeDirectory(
        layout,
        List.of(new NamedImage(List.of(ImageReference.parse("app:1")), index.descriptor())),
        source);
    try (ImageArchive archive = ImageArchive.open(layout)) {
      assertThat(archive.find("app:1").orElseThrow().root().digest()).isEqualTo(index.digest());
      assertThat(archive.find("reg.example.com/app:latest").orElseThrow().root().digest())
          .isEqualTo(manifest.digest());
      assertThat(read(archive, layerDescriptor)).isEqualTo(layer);
    }
    try (var files = Files.list(layout.resolve("blobs/sha256"))) {
      assertThat(files.filter(f -> f.getFileName().toString().startsWith("."))).isEmpty();
    }
  }

  @Test
  void readsWhatOldDockersSavedWithLinksBetweenEqualLayers() throws IOException {
    Document<ImageConfig> twice =
        config
            .content()
            .plus(layerDescriptor.digest(), new History(null, "COPY . /", "", "", false))
            .toDocument(ImageFormat.DOCKER);
    String name = twice.digest().hex() + ".json";
    Path tar = dir.resolve("old.tar");
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(Files.newOutputStream(tar))) {
      put(out, "aaa/layer.tar", layer);
      TarArchiveEntry link = new TarArchiveEntry("bbb/layer.tar", (byte) '2');
      link.setLinkName("../aaa/layer.tar");
      out.putArchiveEntry(link);
      out.closeArchiveEntry();
      put(out, name, twice.bytes());
      put(
          out,
          "manifest.json",
          text(
              "[{\"Config\":\"%s\",\"RepoTags\":[\"old:1\"],\"Layers\":[\"aaa/layer.tar\",\"bbb/layer.tar\"]}]"
                  .formatted(name)));
    }
    Path compressed = dir.resolve("old.tar.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(compressed))) {
      Files.copy(tar, out);
    }
    for (Path file : List.of(tar, compressed)) {
      try (ImageArchive archive = ImageArchive.open(file)) {
        NamedImage image = archive.find("old:1").orElseThrow();
        ImageGraph graph = ImageGraph.read(archive, image.root());
        assertThat(graph.root().content())
            .isInstanceOfSatisfying(Manifest.class, m -> assertThat(m.layers()).hasSize(2));
        for (Descriptor blob : graph.blobs()) {
          assertThat(read(archive, blob)).hasSize((int) blob.size());
        }
      }
    }
  }

  @Test
  void refusesChangedBytes() throws IOException {
    Path layout = dir.resolve("layout");
    OciLayout.writeDirectory(layout, named, source);
    Path blob = layout.resolve("blobs/sha256/" + layerDescriptor.digest().hex());
    byte[] changed = layer.clone();
    changed[0] ^= 1;
    Files.write(blob, changed);
    try (ImageArchive archive = ImageArchive.open(layout)) {
      mismatch(archive);
      Files.write(blob, new byte[layer.length + 1]);
      mismatch(archive);
      Files.delete(blob);
      assertThatThrownBy(() -> archive.open(layerDescriptor)).hasMessageContaining("missing");
    }
  }

  @Test
  void neverWritesABlobThatIsNotWhatItIsSaidToBe() {
    BlobSource lying =
        descriptor ->
            descriptor.digest().equals(layerDescriptor.digest())
                ? new java.io.ByteArrayInputStream(new byte[layer.length])
                : source.open(descriptor);
    Path layout = dir.resolve("layout");
    assertThatThrownBy(() -> OciLayout.writeDirectory(layout, named, lying))
        .isInstanceOf(BuildException.class);
    assertThat(layout.resolve("blobs/sha256/" + layerDescriptor.digest().hex())).doesNotExist();
    assertThat(layout.resolve("oci-layout")).doesNotExist();
  }

  @Test
  void doesNotFollowALinkOutOfALayout() throws IOException {
    Path layout = dir.resolve("layout");
    OciLayout.writeDirectory(layout, named, source);
    Path outside = Files.write(dir.resolve("outside"), layer);
    Path blob = layout.resolve("blobs/sha256/" + layerDescriptor.digest().hex());
    Files.delete(blob);
    Files.createSymbolicLink(blob, outside);
    try (ImageArchive archive = ImageArchive.open(layout)) {
      assertThatThrownBy(() -> archive.open(layerDescriptor)).hasMessageContaining("missing");
    }
  }

  @Test
  void refusesHostileArchives() throws IOException {
    hostile("not a tar at all, but long enough to be looked at".repeat(40), "");
    hostileManifest("[{\"Config\":\"../../../etc/passwd\",\"Layers\":[]}]", "missing");
    hostileManifest("[{\"Config\":\"/etc/passwd\",\"Layers\":[]}]", "missing");
    hostileManifest("[]", "no image");
    hostileManifest("[7]", "object");
    hostileManifest("{\"Config\":", "JSON");
    hostileManifest("[{\"Layers\":[]}]", "Config");
    Path empty = dir.resolve("empty.tar");
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(Files.newOutputStream(empty))) {
      out.finish();
    }
    assertThatThrownBy(() -> ImageArchive.open(empty)).hasMessageContaining("neither");
    Path layout = Files.createDirectory(dir.resolve("l"));
    Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"2.0.0\"}");
    assertThatThrownBy(() -> ImageArchive.open(layout)).hasMessageContaining("version");
    Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
    assertThatThrownBy(() -> ImageArchive.open(layout)).hasMessageContaining("index.json");
    // An index that contains itself cannot exist by digest, but one can be nested without end.
    assertThatThrownBy(() -> ImageArchive.open(dir.resolve("absent")))
        .isInstanceOf(BuildException.class);
  }

  private void hostile(String content, String why) throws IOException {
    Path file = Files.writeString(dir.resolve("hostile"), content);
    assertThatThrownBy(() -> ImageArchive.open(file))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_INVALID))
        .hasMessageContaining(why);
  }

  private void hostileManifest(String json, String why) throws IOException {
    Path tar = dir.resolve("hostile.tar");
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(Files.newOutputStream(tar))) {
      put(out, "manifest.json", text(json));
      TarArchiveEntry link = new TarArchiveEntry("etc", (byte) '2');
      link.setLinkName("/etc");
      out.putArchiveEntry(link);
      out.closeArchiveEntry();
    }
    assertThatThrownBy(() -> ImageArchive.open(tar))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_INVALID))
        .hasMessageContaining(why);
  }

  private void mismatch(ImageArchive archive) {
    assertThatThrownBy(() -> read(archive, layerDescriptor))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DIGEST_MISMATCH));
  }

  private void writeOci(Path tar, List<NamedImage> images) throws IOException {
    try (OutputStream out = Files.newOutputStream(tar)) {
      OciLayout.writeTar(out, images, source);
    }
  }

  private static byte[] read(ImageArchive archive, Descriptor blob) throws IOException {
    try (InputStream in = archive.open(blob)) {
      return in.readAllBytes();
    }
  }

  private static void put(TarArchiveOutputStream out, String name, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes.length);
    out.putArchiveEntry(entry);
    out.write(bytes);
    out.closeArchiveEntry();
  }

  private static List<String> names(Path tar) throws IOException {
    List<String> names = new ArrayList<>();
    try (TarArchiveInputStream in = new TarArchiveInputStream(Files.newInputStream(tar))) {
      for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        names.add(e.getName());
        assertThat(e.getLastModifiedTime().toMillis()).isZero();
      }
    }
    return names;
  }

  private static String content(Path tar, String name) throws IOException {
    try (TarArchiveInputStream in = new TarArchiveInputStream(Files.newInputStream(tar))) {
      for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
        if (e.getName().equals(name)) {
          return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
      }
    }
    throw new AssertionError(name + " is not in the archive");
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
