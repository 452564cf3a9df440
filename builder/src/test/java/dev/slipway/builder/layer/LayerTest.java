package dev.slipway.builder.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.MediaType;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.OpenFile;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.linux.Xattrs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From a tree to a blob and back. */
final class LayerTest {
  @TempDir Path temp;
  private Dir root;

  @BeforeEach
  void open() throws IOException {
    root = Dir.open(temp);
  }

  @AfterEach
  void close() throws IOException {
    root.close();
  }

  private Dir dir(String name) throws IOException {
    root.mkdir(name, 0755);
    return root.openDir(name);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void aTreeSurvivesTarBlobAndDirectory(int seed) throws IOException {
    try (Dir from = dir("from");
        Dir to = dir("to")) {
      Trees.random(from, new Random(seed), 120);
      Entries entries = DirectoryReader.entries(from, DirectoryFormat.PLAIN);
      List<String> expected = Trees.describe(entries);
      assertThat(Trees.describe(Trees.layer(Trees.tar(entries)))).isEqualTo(expected);

      Compression compression = List.of(Compression.values()).get(seed % 3);
      ByteArrayOutputStream blob = new ByteArrayOutputStream();
      LayerBlob layer = LayerWriter.write(entries, LayerOptions.of(compression), List.of(blob));
      Unpacked unpacked =
          Unpacker.unpack(
              new ByteArrayInputStream(blob.toByteArray()),
              layer.diffId(),
              to,
              DirectoryFormat.OVERLAY,
              Long.MAX_VALUE);
      assertThat(unpacked.impliedDirectories()).isEmpty();
      assertThat(unpacked.unowned()).isZero();
      assertThat(unpacked.lostXattrs()).isEmpty();
      assertThat(Trees.describe(DirectoryReader.entries(to, DirectoryFormat.OVERLAY)))
          .isEqualTo(expected);
    }
  }

  @Test
  void theBlobSaysWhatItIs() throws IOException {
    byte[] text = "hello".repeat(100_000).getBytes(StandardCharsets.UTF_8);
    Entries entries = oneFile(text);
    byte[] tar = Trees.tar(entries);
    for (Compression compression : Compression.values()) {
      ByteArrayOutputStream one = new ByteArrayOutputStream();
      ByteArrayOutputStream two = new ByteArrayOutputStream();
      LayerBlob blob = LayerWriter.write(entries, LayerOptions.of(compression), List.of(one, two));
      assertThat(blob.diffId()).isEqualTo(Digest.sha256(tar));
      assertThat(blob.uncompressedSize()).isEqualTo(tar.length);
      assertThat(blob.digest()).isEqualTo(Digest.sha256(one.toByteArray()));
      assertThat(blob.size()).isEqualTo(one.size());
      assertThat(two.toByteArray()).isEqualTo(one.toByteArray());
      assertThat(blob.mediaType().compression()).contains(compression);
      try (InputStream in = Decompression.of(new ByteArrayInputStream(one.toByteArray()))) {
        assertThat(in.readAllBytes()).isEqualTo(tar);
      }
    }
    assertThat(LayerWriter.write(entries, LayerOptions.of(Compression.GZIP), List.of()).mediaType())
        .isEqualTo(MediaType.OCI_LAYER_GZIP);
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void bytesNeverDependOnTiming(Compression compression) throws IOException {
    byte[] mixed = new byte[3_000_000];
    Random random = new Random(5);
    for (int i = 0; i < mixed.length; i += 1000) {
      if (random.nextInt(3) > 0) {
        Arrays.fill(mixed, i, i + 1000, (byte) random.nextInt());
      } else {
        byte[] noise = new byte[1000];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, mixed, i, 1000);
      }
    }
    Digest first = null;
    for (int i = 0; i < 5; i++) {
      int run = i;
      OutputStream slow =
          new OutputStream() {
            @Override
            public void write(int b) {}

            @Override
            public void write(byte[] b, int off, int len) {
              for (int spin = 0; spin < run * 1000; spin++) {
                Thread.onSpinWait();
              }
            }
          };
      Digest digest =
          LayerWriter.write(oneFile(mixed), LayerOptions.of(compression), List.of(slow)).digest();
      assertThat(first == null ? digest : first).isEqualTo(digest);
      first = digest;
    }
  }

  @Test
  void gzipIsAsSmallAsOneThreadMakesIt() throws IOException {
    StringBuilder text = new StringBuilder();
    Random random = new Random(9);
    for (int i = 0; i < 300_000; i++) {
      text.append("word").append(random.nextInt(5000)).append(' ');
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    LayerBlob blob =
        LayerWriter.write(oneFile(bytes), LayerOptions.of(Compression.GZIP), List.of());
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    try (java.util.zip.GZIPOutputStream gzip = new java.util.zip.GZIPOutputStream(plain)) {
      gzip.write(bytes);
    }
    assertThat(blob.size()).isLessThan(plain.size() * 101L / 100);
  }

  @Test
  void whatDoesNotCompressIsStored() throws IOException {
    byte[] noise = new byte[2_000_000];
    new Random(1).nextBytes(noise);
    LayerBlob blob =
        LayerWriter.write(oneFile(noise), LayerOptions.of(Compression.GZIP), List.of());
    assertThat(blob.size()).isLessThan(noise.length + 3000);
    assertThat(Deflate.worthTrying(noise, 131_072)).isFalse();
    // One compressible corner is reason enough to try.
    Arrays.fill(noise, 16_384, 20_480, (byte) 'x');
    assertThat(Deflate.worthTrying(noise, 131_072)).isTrue();
  }

  @Test
  void aSinkThatFailsEndsIt() {
    byte[] noise = new byte[30_000_000];
    new Random(1).nextBytes(noise);
    OutputStream broken =
        new OutputStream() {
          private int left = 100_000;

          @Override
          public void write(int b) {}

          @Override
          public void write(byte[] b, int off, int len) throws IOException {
            left -= len;
            if (left < 0) {
              throw new IOException("connection reset");
            }
          }
        };
    assertThatThrownBy(() ->
            LayerWriter.write(oneFile(noise), LayerOptions.of(Compression.GZIP), List.of(broken)))
        .isInstanceOf(IOException.class)
        .hasMessage("connection reset");
  }

  @Test
  void entriesThatFailEndIt() {
    Entries failing =
        oneFile(new byte[5_000_000])
            .then(visitor -> {
              throw new IOException("gone");
            });
    assertThatThrownBy(
            () -> LayerWriter.write(failing, LayerOptions.of(Compression.GZIP), List.of()))
        .hasMessage("gone");
  }

  @Test
  void aFileThatShrinksIsNoticed() {
    Entries entries =
        Entries.of(
            List.of(
                new Entry.File(
                    "f", new Attributes(0644, 0, 0, 0), 10, Content.of(new byte[] {1, 2, 3}))));
    assertThatThrownBy(
            () -> LayerWriter.write(entries, LayerOptions.of(Compression.NONE), List.of()))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO))
        .hasMessageContaining("f became shorter than 10 bytes");
  }

  @Test
  void timesAreKeptClampedOrSet() throws IOException {
    Entries entries =
        Entries.of(
            List.of(
                new Entry.Directory("a", new Attributes(0755, 0, 0, 100)),
                new Entry.Directory("b", new Attributes(0755, 0, 0, 300)),
                new Entry.Whiteout("c")));
    assertThat(mtimes(Times.KEEP.applyTo(entries))).containsExactly(100L, 300L);
    assertThat(mtimes(Times.clamp(200).applyTo(entries))).containsExactly(100L, 200L);
    assertThat(mtimes(Times.exactly(200).applyTo(entries))).containsExactly(200L, 200L);
  }

  private static List<Long> mtimes(Entries entries) throws IOException {
    List<Long> times = new ArrayList<>();
    entries.forEach(e -> {
      if (e instanceof Entry.Node node) {
        times.add(node.attributes().mtime());
      }
    });
    return times;
  }

  @Test
  void overlayDeletionsBecomeWhiteoutsAndBack() throws IOException {
    DirectoryFormat format = DirectoryFormat.OVERLAY_USERXATTR;
    try (Dir upper = dir("upper");
        Dir again = dir("again")) {
      upper.mkdirs("opt/app", 0755);
      upper.mkdir("opt/old", 0755);
      upper.mknod("opt/gone", FileType.CHARACTER_DEVICE, 0, 0, 0);
      upper.link("opt/gone", "opt/gone-too");
      upper.setXattr("opt/old", "user.overlay.opaque", new byte[] {'y'});
      upper.setXattr("opt/app", "user.overlay.origin", new byte[] {1, 2});
      Trees.file(upper, "opt/old/new", new byte[] {1}, 0644);
      Entries entries = DirectoryReader.entries(upper, format);
      List<Entry> list = new ArrayList<>();
      entries.forEach(list::add);
      assertThat(list)
          .extracting(e -> e.getClass().getSimpleName() + " " + e.path())
          .containsExactly(
              "Directory opt",
              "Directory opt/app",
              "Whiteout opt/gone",
              "Whiteout opt/gone-too",
              "Directory opt/old",
              "Opaque opt/old",
              "File opt/old/new");
      assertThat(((Entry.Node) list.get(1)).attributes().xattrs().isEmpty()).isTrue();
      byte[] tar = Trees.tar(entries);
      List<String> names = new ArrayList<>();
      TarReader.archive(() -> new ByteArrayInputStream(tar)).forEach(e -> names.add(e.path()));
      assertThat(names)
          .containsExactly(
              "opt",
              "opt/app",
              "opt/.wh.gone",
              "opt/.wh.gone-too",
              "opt/old",
              "opt/old/.wh..wh..opq",
              "opt/old/new");
      DirectoryWriter.write(Trees.layer(tar), again, format);
      assertThat(Trees.describe(DirectoryReader.entries(again, format)))
          .isEqualTo(Trees.describe(entries));
    }
  }

  @Test
  void trustedOpaqueNeedsRoot() throws IOException {
    assumeTrue(Trees.isRoot(), "trusted.* attributes need root");
    try (Dir to = dir("to")) {
      DirectoryWriter.write(
          Entries.of(
              List.of(
                  new Entry.Directory("d", new Attributes(0755, 0, 0, 0)), new Entry.Opaque("d"))),
          to,
          DirectoryFormat.OVERLAY);
      assertThat(to.xattrs("d").get("trusted.overlay.opaque")).isEqualTo(new byte[] {'y'});
    }
  }

  @Test
  void aHalfPresentUpperIsRefused() throws IOException {
    try (Dir upper = dir("upper")) {
      upper.mkdir("moved", 0755);
      upper.setXattr("moved", "user.overlay.redirect", "x".getBytes(StandardCharsets.UTF_8));
      assertThatThrownBy(() ->
              DirectoryReader.entries(upper, DirectoryFormat.OVERLAY_USERXATTR).forEach(e -> {}))
          .isInstanceOf(BuildException.class)
          .hasMessageContaining("redirect");
    }
  }

  @Test
  void reservedNamesAreRefusedByName() throws IOException {
    try (Dir from = dir("from")) {
      Trees.file(from, ".wh.passwd", new byte[0], 0644);
      assertThatThrownBy(() -> Trees.tar(DirectoryReader.entries(from, DirectoryFormat.PLAIN)))
          .isInstanceOfSatisfying(
              BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED))
          .hasMessageContaining(".wh.passwd");
    }
  }

  @Test
  void setuidAndCapabilitiesOutliveChown() throws IOException {
    assumeTrue(Trees.isRoot(), "file capabilities need root");
    // cap_net_raw=ep, revision 2, as setcap writes it: not a text in any encoding.
    byte[] capability = HexFormat.of().parseHex("0100000200200000000000000000000000000000");
    try (Dir to = dir("to")) {
      Attributes attributes =
          new Attributes(
              06755, 1000, 1000, 5, Xattrs.of(Map.of("security.capability", capability)));
      byte[] tar =
          Trees.tar(
              Entries.of(
                  List.of(new Entry.File("ping", attributes, 1, Content.of(new byte[] {1})))));
      DirectoryWriter.write(Trees.layer(tar), to, DirectoryFormat.OVERLAY);
      assertThat(to.lstat("ping").mode()).isEqualTo(06755);
      assertThat(to.lstat("ping").uid()).isEqualTo(1000);
      assertThat(to.xattrs("ping").get("security.capability")).isEqualTo(capability);
    }
  }

  @Test
  void holesComeBack() throws IOException {
    try (Dir from = dir("from");
        Dir to = dir("to")) {
      long size = 300L << 20;
      try (OpenFile file = from.create("disk", 0644)) {
        file.seek(100L << 20);
        file.write(new byte[] {7}, 0, 1);
        file.truncate(size);
      }
      ByteArrayOutputStream blob = new ByteArrayOutputStream();
      LayerBlob layer =
          LayerWriter.write(
              DirectoryReader.entries(from, DirectoryFormat.PLAIN),
              new LayerOptions(Compression.ZSTD, 1),
              List.of(blob));
      Unpacker.unpack(
          new ByteArrayInputStream(blob.toByteArray()),
          layer.diffId(),
          to,
          DirectoryFormat.PLAIN,
          Long.MAX_VALUE);
      Stat stat = to.lstat("disk");
      assertThat(stat.size()).isEqualTo(size);
      assertThat(stat.blocks() * 512).isLessThan(2 << 20);
      try (OpenFile file = to.openFile("disk")) {
        byte[] at = new byte[1];
        assertThat(file.read(at, 0, 1, 100L << 20)).isEqualTo(1);
        assertThat(at[0]).isEqualTo((byte) 7);
      }
    }
  }

  @Test
  void socketsAreLeftOut() throws IOException {
    try (Dir from = dir("from")) {
      from.mknod("s", FileType.SOCKET, 0600, 0, 0);
      assertThat(Trees.describe(DirectoryReader.entries(from, DirectoryFormat.PLAIN))).isEmpty();
    }
  }

  private static Entries oneFile(byte[] content) {
    return Entries.of(
        List.of(
            new Entry.File(
                "f", new Attributes(0644, 0, 0, 0), content.length, Content.of(content))));
  }
}
