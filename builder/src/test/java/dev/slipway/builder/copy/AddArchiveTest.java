package dev.slipway.builder.copy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.layer.Content;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.Entry;
import dev.slipway.builder.layer.TarWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ADD of local archives. */
final class AddArchiveTest {
  @TempDir Path temp;
  private Copying copying;

  @BeforeEach
  void add() {
    copying = new Copying(temp).unpack();
  }

  private static Entry.File file(String path, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return new Entry.File(path, new Attributes(0640, 1000, 50, 9), bytes.length, Content.of(bytes));
  }

  private static Entry.Directory directory(String path) {
    return new Entry.Directory(path, new Attributes(0700, 1, 2, 9));
  }

  private static Entry.HardLink link(String path, String target) {
    return new Entry.HardLink(path, new Attributes(0640, 1000, 50, 9), target);
  }

  private static Entry.Symlink symlink(String path, String target) {
    return new Entry.Symlink(path, new Attributes(0777, 0, 0, 9), target);
  }

  private void archive(String name, Entry... entries) {
    try (OutputStream out = Files.newOutputStream(copying.contextPath(name));
        OutputStream packed = name.endsWith("gz") ? new GZIPOutputStream(out) : out) {
      TarWriter.write(Entries.of(List.of(entries)), packed);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anArchiveIsUnpackedByItsContentAndKeepsItsOwners() {
    archive("data.gz", directory(""), directory("d"), file("d/f", "F"), link("d/h", "d/f"));
    assertThat(copying.copy("data.gz", "/x"))
        .containsExactly(
            "d 0755 0:0 x",
            "d 0700 1:2 x/d",
            "f 0640 1000:50 x/d/f = F",
            "h 0640 1000:50 x/d/h => x/d/f");
    assertThat(copying.chown("5:6").chmod("0777").copy("data.gz", "/x"))
        .containsExactly(
            "d 0755 5:6 x", "d 0700 5:6 x/d", "f 0640 5:6 x/d/f = F", "h 0640 5:6 x/d/h => x/d/f");
  }

  @Test
  void aFileThatOnlyLooksLikeOneIsCopied() {
    copying.context("fake.tar.gz=not packed");
    assertThat(copying.copy("fake.tar.gz", "/"))
        .containsExactly("f 0644 0:0 fake.tar.gz = not packed");
  }

  @Test
  void impliedParentsAreMade() {
    archive("a.tar", file("p/q/f", "F"));
    assertThat(copying.copy("a.tar", "/"))
        .containsExactly("d 0755 0:0 p", "d 0755 0:0 p/q", "f 0640 1000:50 p/q/f = F");
  }

  @Test
  void theLaterEntryWins() {
    archive(
        "a.tar",
        file("f", "one"),
        file("f", "two"),
        file("g", "1"),
        link("h", "g"),
        file("g", "2"));
    assertThat(copying.copy("a.tar", "/"))
        .containsExactlyInAnyOrder(
            "f 0640 1000:50 f = two", "f 0640 1000:50 h = 1", "f 0640 1000:50 g = 2");
  }

  @Test
  void linksOfTheImageAreFollowedAndItsFilesReplaced() {
    copying.rootfs("usr/lib/", "lib->usr/lib", "dir/x=old", "flat=old");
    archive(
        "a.tar",
        file("lib/so", "S"),
        file("dir", "now a file"),
        directory("flat"),
        file("flat/y", "Y"));
    assertThat(copying.copy("a.tar", "/"))
        .contains("f 0640 1000:50 usr/lib/so = S")
        .contains("f 0640 1000:50 dir = now a file")
        .contains("d 0700 1:2 flat")
        .contains("f 0640 1000:50 flat/y = Y")
        .noneMatch(line -> line.contains("dir/x"));
  }

  @Test
  void aReplacedDirectoryThatComesBackHidesWhatWasInIt() {
    copying.rootfs("dir/x=old");
    archive("a.tar", file("dir", "file"), directory("dir"), file("dir/new", "N"));
    assertThat(copying.copy("a.tar", "/"))
        .containsExactly("d 0700 1:2 dir", "Opaque dir", "f 0640 1000:50 dir/new = N");
  }

  @Test
  void linksInTheArchiveLeadNowhereOutsideTheImage() {
    archive(
        "a.tar",
        symlink("out", "/etc"),
        file("out/passwd", "evil"),
        symlink("up", "../../.."),
        file("up/z", "Z"));
    assertThat(copying.copy("a.tar", "/app/"))
        .contains("f 0640 1000:50 etc/passwd = evil")
        .contains("f 0640 1000:50 z = Z");
  }

  @Test
  void aDamagedArchiveNamesItself() throws IOException {
    archive("a.gz", file("f", "F".repeat(100_000)));
    Path path = copying.contextPath("a.gz");
    byte[] bytes = Files.readAllBytes(path);
    Files.write(path, java.util.Arrays.copyOf(bytes, bytes.length / 2));
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> copying.copy("a.gz", "/"))
        .withMessageContaining("/a.gz")
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.CONTEXT_INVALID));
  }

  @Test
  void theDigestIsOfTheArchive() {
    archive("a.tar", file("f", "1"));
    archive("b.tar", file("f", "2"));
    assertThat(copying.digest("a.tar")).isNotEqualTo(copying.digest("b.tar"));
  }
}
