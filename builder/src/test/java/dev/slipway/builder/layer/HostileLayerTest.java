package dev.slipway.builder.layer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.FileType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers as an attacker, a careless tool or an old program makes them. */
final class HostileLayerTest {
  private static final DirectoryFormat FORMAT = DirectoryFormat.OVERLAY_USERXATTR;

  @TempDir Path temp;
  private Path layer;
  private Path outside;

  @BeforeEach
  void make() throws IOException {
    layer = Files.createDirectory(temp.resolve("layer"));
    outside = Files.writeString(temp.resolve("outside"), "precious");
  }

  private Unpacked unpack(RawTar tar) throws IOException {
    return unpack(tar.bytes(), tar.bytes(), Long.MAX_VALUE);
  }

  private Unpacked unpack(byte[] blob, byte[] tar, long limit) throws IOException {
    try (Dir dir = Dir.open(layer)) {
      return Unpacker.unpack(
          new ByteArrayInputStream(blob), Digest.sha256(tar), dir, FORMAT, limit);
    }
  }

  private void refused(String message, ThrowingCallable action) throws IOException {
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_INVALID))
        .hasMessageContaining(message);
    assertThat(Files.readString(outside)).isEqualTo("precious");
  }

  private String text(String path) throws IOException {
    return Files.readString(layer.resolve(path));
  }

  private FileType type(String path) throws IOException {
    try (Dir dir = Dir.open(layer)) {
      return dir.lstat(path).type();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside", "a/../../outside", "/../outside", "..", "a/b/../../../x"})
  void pathsAboveTheRootAreRefused(String name) throws IOException {
    refused("leads out of the archive", () -> unpack(new RawTar().file(name, "evil")));
    refused("leads out", () -> unpack(new RawTar().file("f", "").hardLink("l", name)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"./usr/bin/x", "/usr/bin/x", "usr//bin/./x", "usr/lib/../bin/x"})
  void pathsInsideAreTidied(String name) throws IOException {
    unpack(new RawTar().file(name, "text"));
    assertThat(text("usr/bin/x")).isEqualTo("text");
  }

  @Test
  void linksDoNotLeadWritesOut() throws IOException {
    unpack(
        new RawTar()
            .symlink("up", "../..")
            .file("up/one", "1")
            .symlink("absolute", temp.toString())
            .file("absolute/outside", "2")
            .symlink("out", "../outside")
            .file("out", "3")
            .symlink("chain", "up")
            .file("chain/four", "4"));
    assertThat(Files.readString(outside)).isEqualTo("precious");
    assertThat(text("one")).isEqualTo("1");
    assertThat(text("four")).isEqualTo("4");
    assertThat(text(temp.toString().substring(1) + "/outside")).isEqualTo("2");
    // A file replaces a link of the same name instead of being written through it.
    assertThat(Files.isRegularFile(layer.resolve("out"), LinkOption.NOFOLLOW_LINKS)).isTrue();
  }

  @Test
  void directoriesBehindLinksIntoOtherLayersAreMade() throws IOException {
    Unpacked unpacked =
        unpack(new RawTar().dir("var").symlink("var/run", "/run").file("var/run/app/pid", "1"));
    assertThat(text("run/app/pid")).isEqualTo("1");
    assertThat(unpacked.impliedDirectories()).containsExactly("run", "run/app");
  }

  @Test
  void linksInCirclesAreRefused() throws IOException {
    refused(
        "cannot hold",
        () -> unpack(new RawTar().symlink("a", "b").symlink("b", "a").file("a/x", "1")));
  }

  @Test
  void directoriesWithoutEntriesAreMadeAndNamed() throws IOException {
    Unpacked unpacked = unpack(new RawTar().file("a/b/c", "1").dir("a/b").file("x/y", "2"));
    assertThat(unpacked.impliedDirectories()).containsExactly("a", "x");
    assertThat(text("a/b/c")).isEqualTo("1");
  }

  @Test
  void hardLinksStayInTheLayer() throws IOException {
    refused(
        "no file of this layer",
        () -> unpack(new RawTar().hardLink("l", temp.toString().substring(1) + "/outside")));
    refused(
        "no file of this layer",
        () -> unpack(new RawTar().symlink("s", "../outside").hardLink("l", "s/x")));
    refused("points at itself", () -> unpack(new RawTar().file("f", "1").hardLink("f", "./f")));
    refused("no file", () -> unpack(new RawTar().dir("d").hardLink("l", "d")));
  }

  @Test
  void aHardLinkToALinkIsThatLink() throws IOException {
    unpack(new RawTar().symlink("s", "../outside").hardLink("l", "s").file("l", "new"));
    assertThat(text("l")).isEqualTo("new");
    assertThat(Files.readString(outside)).isEqualTo("precious");
  }

  @Test
  void theLastOfSeveralEntriesOfOneNameWins() throws IOException {
    unpack(
        new RawTar()
            .file("f", "first")
            .hardLink("g", "f")
            .file("f", "second")
            .dir("d")
            .file("d/in", "1")
            .dir("d")
            .file("swap", "file")
            .dir("swap")
            .file("swap/in", "2")
            .dir("back")
            .file("back/in", "3")
            .file("back", "file"));
    assertThat(text("f")).isEqualTo("second");
    assertThat(text("g")).isEqualTo("first");
    assertThat(text("d/in")).isEqualTo("1");
    assertThat(text("swap/in")).isEqualTo("2");
    assertThat(text("back")).isEqualTo("file");
  }

  @Test
  void aFileIsNoDirectory() throws IOException {
    refused(
        "both a file and a directory", () -> unpack(new RawTar().file("f", "1").file("f/x", "2")));
  }

  @Test
  void paxSaysTheSizeWhereTheTwoDisagree() throws IOException {
    RawTar tar = new RawTar().pax("size=5");
    tar.entry('0', "f", "", 3, "12345".getBytes(UTF_8)).file("next", "n");
    unpack(tar);
    assertThat(text("f")).isEqualTo("12345");
    assertThat(text("next")).isEqualTo("n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "size=-1",
        "size=abc",
        "size=99999999999999999999",
        "uid=-1",
        "uid=4294967295",
        "mtime=1.x",
        "path=a\0b",
        "linkpath=a\0b"
      })
  void nonsenseInPaxIsRefused(String record) throws IOException {
    refused(
        "",
        () ->
            unpack(
                new RawTar()
                    .pax(record)
                    .entry('2', "f", "x", 0, new byte[0])
                    .pax(record)
                    .file("g", "")));
  }

  @Test
  void brokenPaxRecordsAreRefused() throws IOException {
    for (String body :
        List.of("5 a\n", "99 path=x\n", "x path=x\n", "8 path=x\n", "0 \n", "7 =ab\n\n")) {
      byte[] bytes = body.getBytes(UTF_8);
      refused(
          "PAX", () -> unpack(new RawTar().entry('x', "p", "", bytes.length, bytes).file("f", "")));
    }
    refused(
        "extended header has",
        () -> unpack(new RawTar().entry('x', "p", "", 1L << 30, new byte[0])));
    refused(
        "extended header has",
        () -> unpack(new RawTar().entry('L', "p", "", 1L << 30, new byte[0])));
  }

  @Test
  void globalRecordsApplyUntilTheyAreTakenBack() throws IOException {
    List<Entry> entries = new ArrayList<>();
    byte[] tar =
        new RawTar()
            .global("uid=7", "mtime=12.75")
            .file("a", "")
            .pax("uid=8")
            .file("b", "")
            .global("uid=")
            .file("c", "")
            .bytes();
    Trees.layer(tar).forEach(entries::add);
    assertThat(entries)
        .extracting(e -> ((Entry.Node) e).attributes().uid())
        .containsExactly(7L, 8L, 0L);
    assertThat(entries).allMatch(e -> ((Entry.Node) e).attributes().mtime() == 12);
  }

  @Test
  void deletionsConcernOnlyLowerLayers() throws IOException {
    unpack(
        new RawTar()
            .file("kept", "1")
            .file(".wh.kept", "")
            .file(".wh.gone", "")
            .file(".wh.again", "")
            .file("again", "2")
            .dir("d")
            .file("d/new", "3")
            .file(".wh.d", "")
            .file(".wh.e", "")
            .dir("e")
            .file("implied/.wh..wh..opq", "")
            .file(".wh.w", "")
            .file("w/x", "4"));
    assertThat(text("kept")).isEqualTo("1");
    assertThat(text("again")).isEqualTo("2");
    assertThat(type("gone")).isEqualTo(FileType.CHARACTER_DEVICE);
    try (Dir dir = Dir.open(layer)) {
      for (String opaque : List.of("d", "e", "implied", "w")) {
        assertThat(dir.xattrs(opaque).get("user.overlay.opaque"))
            .as(opaque)
            .isEqualTo(new byte[] {'y'});
      }
    }
    assertThat(text("d/new")).isEqualTo("3");
    try (var names = Files.list(layer)) {
      assertThat(names).noneMatch(p -> p.getFileName().toString().startsWith(".wh."));
    }
  }

  @Test
  void theOpaqueRootIsReported() throws IOException {
    assertThat(unpack(new RawTar().file(".wh..wh..opq", "")).opaqueRoot()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {".wh.", "a/.wh.", ".wh...", "a/.wh..", "a/.wh..."})
  void deletionsOfNothingAreRefused(String name) throws IOException {
    refused("deletes a file that has no name", () -> unpack(new RawTar().file(name, "")));
  }

  @Test
  void notesOfAufsAreIgnored() throws IOException {
    unpack(new RawTar().dir(".wh..wh.plnk").file(".wh..wh.aufs", "").file("f", "1"));
    try (var names = Files.list(layer)) {
      assertThat(names).hasSize(1);
    }
  }

  @Test
  void inAPlainDirectoryDeletionsHappen() throws IOException {
    Files.createDirectories(layer.resolve("a/deep"));
    Files.writeString(layer.resolve("a/deep/x"), "");
    Files.createDirectories(layer.resolve("b/deep"));
    Files.writeString(layer.resolve("keep"), "");
    byte[] tar =
        new RawTar()
            .file("b/new", "1")
            .file("b/.wh..wh..opq", "")
            .file(".wh.a", "")
            .file(".wh.keep", "")
            .file("keep", "2")
            .file(".wh.absent", "")
            .bytes();
    try (Dir dir = Dir.open(layer)) {
      DirectoryWriter.write(Trees.layer(tar), dir, DirectoryFormat.PLAIN);
    }
    assertThat(layer.resolve("a")).doesNotExist();
    assertThat(layer.resolve("b/deep")).doesNotExist();
    assertThat(text("b/new")).isEqualTo("1");
    assertThat(text("keep")).isEqualTo("2");
  }

  @Test
  void theRootEntrySetsTheRootsAttributes() throws IOException {
    unpack(new RawTar().pax("mtime=5").dir("./").file("f", ""));
    try (Dir dir = Dir.open(layer)) {
      assertThat(dir.stat("").mode()).isEqualTo(0755);
      assertThat(dir.stat("").mtimeSeconds()).isEqualTo(5);
    }
    refused("name of the root", () -> unpack(new RawTar().symlink(".", "/etc")));
    refused("name of the root", () -> unpack(new RawTar().file("a/..", "x")));
  }

  @Test
  void bombsEndAtTheLimit() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
      byte[] h = RawTar.header('0', "zeros", "");
      RawTar.octal(h, 124, 12, 200L << 20);
      gzip.write(new RawTar().raw(h).unended());
      gzip.write(new byte[200 << 20]);
    }
    refused("larger than the limit", () -> unpack(bomb.toByteArray(), new byte[0], 10 << 20));
    // A sparse file claims an expanse that the archive never holds.
    RawTar sparse = new RawTar().pax("GNU.sparse.size=9000000000000000000", "GNU.sparse.map=0,1");
    sparse.entry('0', "f", "", 1, new byte[] {1});
    refused("", () -> unpack(sparse));
  }

  @Test
  void anotherDigestIsNoticed() {
    assertThatThrownBy(() -> unpack(new RawTar().file("f", "1").bytes(), new byte[1], 1 << 20))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DIGEST_MISMATCH));
  }

  @Test
  void whatFollowsTheEndIsHashedToo() throws IOException {
    byte[] tar = new RawTar().file("f", "1").bytes();
    byte[] longer = Arrays.copyOf(tar, tar.length + 8192);
    unpack(longer, longer, 1 << 20);
    assertThatThrownBy(() -> unpack(longer, tar, 1 << 20)).isInstanceOf(BuildException.class);
  }

  @Test
  void entriesBehindASingleZeroBlockAreRefused() throws IOException {
    byte[] one = new RawTar().file("f", "1").unended();
    byte[] two = new RawTar().file("g", "2").bytes();
    byte[] tar = Arrays.copyOf(one, one.length + 512 + two.length);
    System.arraycopy(two, 0, tar, one.length + 512, two.length);
    refused("entries after its end", () -> unpack(tar, tar, 1 << 20));
  }

  @Test
  void cutTarsAreRefused() throws IOException {
    byte[] tar = new RawTar().file("f", "1".repeat(2000)).unended();
    for (int length : new int[] {100, 600, 2000, 2511}) {
      byte[] cut = Arrays.copyOf(tar, length);
      refused("it ends in the middle", () -> unpack(cut, cut, 1 << 20));
    }
    // Without the blocks of zeros at the end, all entries are still whole.
    unpack(tar, tar, 1 << 20);
    assertThat(text("f")).hasSize(2000);
  }

  @Test
  void brokenCompressionIsRefused() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] tar = new RawTar().file("f", "1".repeat(2000)).bytes();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(tar);
    }
    byte[] good = out.toByteArray();
    unpack(good, tar, 1 << 20);
    byte[] cut = Arrays.copyOf(good, good.length - 4);
    refused("cannot be decompressed", () -> unpack(cut, tar, 1 << 20));
    byte[] wrong = good.clone();
    wrong[good.length - 6] ^= 1;
    refused("checksum", () -> unpack(wrong, tar, 1 << 20));
    byte[] trailing = Arrays.copyOf(good, good.length + 3);
    trailing[good.length] = 'x';
    refused("cannot be decompressed", () -> unpack(trailing, tar, 1 << 20));
    byte[] padded = Arrays.copyOf(good, good.length + 700);
    unpack(padded, tar, 1 << 20);
  }

  @Test
  void gzipMayHaveManyMembers() throws IOException {
    byte[] tar = new RawTar().file("f", "1".repeat(2000)).bytes();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < tar.length; i += 700) {
      GZIPOutputStream gzip = new GZIPOutputStream(out);
      gzip.write(tar, i, Math.min(700, tar.length - i));
      gzip.finish();
    }
    // A stream that never says that anything is available, as a network does.
    InputStream shy =
        new InputStream() {
          private final InputStream in = new ByteArrayInputStream(out.toByteArray());

          @Override
          public int read() throws IOException {
            return in.read();
          }

          @Override
          public int read(byte[] b, int off, int len) throws IOException {
            return in.read(b, off, Math.min(len, 7));
          }
        };
    try (Dir dir = Dir.open(layer)) {
      Unpacker.unpack(shy, Digest.sha256(tar), dir, FORMAT, 1 << 20);
    }
    assertThat(text("f")).hasSize(2000);
  }

  @Test
  void namesThatLinuxCannotHoldAreRefused() throws IOException {
    refused("cannot hold", () -> unpack(new RawTar().pax("path=" + "x".repeat(300)).file("f", "")));
    refused(
        "cannot hold", () -> unpack(new RawTar().pax("path=" + "x/".repeat(3000)).file("f", "")));
  }

  @Test
  void unknownTypesAreNamed() {
    assertThatThrownBy(() -> unpack(new RawTar().entry('Q', "odd", "", 0, new byte[0])))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED))
        .hasMessageContaining("odd");
  }

  @Test
  void mutatedTarsNeverCrash() throws IOException {
    byte[] good =
        new RawTar()
            .pax("path=dir/ünïcode", "SCHILY.xattr.user.a=b")
            .dir("x")
            .file("f", "content")
            .hardLink("h", "f")
            .symlink("s", "f")
            .pax("GNU.sparse.size=5000", "GNU.sparse.map=0,2,4000,1")
            .entry('0', "sparse", "", 3, new byte[] {1, 2, 3})
            .bytes();
    Random random = new Random(42);
    for (int i = 0; i < 20_000; i++) {
      byte[] bad = good.clone();
      for (int j = random.nextInt(6); j >= 0; j--) {
        int at = random.nextInt(bad.length);
        bad[at] = (byte) random.nextInt(256);
        if (random.nextBoolean()) {
          fixChecksum(bad, at / 512 * 512);
        }
      }
      try {
        Trees.describe(Trees.layer(bad));
      } catch (BuildException e) {
        assertThat(e.code()).isIn(ErrorCode.IMAGE_INVALID, ErrorCode.UNSUPPORTED);
      }
    }
  }

  private static void fixChecksum(byte[] tar, int block) {
    byte[] header = Arrays.copyOfRange(tar, block, block + 512);
    System.arraycopy(new RawTar().raw(header).unended(), 0, tar, block, 512);
  }
}
