package dev.slipway.builder.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.OpenFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** GNU tar reads what we write, and we read what it writes. */
final class GnuTarTest {
  @TempDir Path temp;
  private Path from;
  private Path to;

  @BeforeEach
  void make() throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/tar")), "needs GNU tar");
    assumeTrue(Trees.isRoot(), "owners and devices need root");
    from = Files.createDirectory(temp.resolve("from"));
    to = Files.createDirectory(temp.resolve("to"));
  }

  private String tar(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("/usr/bin/tar"));
    command.addAll(Arrays.asList(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().put("TZ", "UTC");
    Process process = builder.start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private static List<String> describe(Path directory) throws IOException {
    try (Dir dir = Dir.open(directory)) {
      return Trees.describe(DirectoryReader.entries(dir, DirectoryFormat.PLAIN));
    }
  }

  private Entries read(Path archive) {
    return TarReader.archive(() -> Files.newInputStream(archive));
  }

  @ParameterizedTest
  @ValueSource(ints = {11, 12, 13})
  void itExtractsWhatWeWrite(int seed) throws Exception {
    Path archive = temp.resolve("layer.tar");
    try (Dir dir = Dir.open(from);
        OutputStream out = Files.newOutputStream(archive)) {
      Trees.random(dir, new Random(seed), 150);
      TarWriter.write(DirectoryReader.entries(dir, DirectoryFormat.PLAIN), out);
    }
    String warnings =
        // Odd times, and the keyword that POSIX has for names that are not UTF-8, make it wonder.
        tar(
            "-x",
            "--warning=no-timestamp",
            "--warning=no-unknown-keyword",
            "--xattrs",
            "--xattrs-include=*",
            "--numeric-owner",
            "-p",
            "-f",
            archive.toString(),
            "-C",
            to.toString());
    assertThat(warnings).isEmpty();
    assertThat(describe(to)).isEqualTo(describe(from));
  }

  @Test
  void itListsWhatWeWrite() throws Exception {
    Path archive = temp.resolve("layer.tar");
    try (OutputStream out = Files.newOutputStream(archive)) {
      TarWriter.write(
          Entries.of(
              List.of(
                  new Entry.Directory("bin", new Attributes(01777, 0, 0, 0)),
                  new Entry.File(
                      "bin/su",
                      new Attributes(04755, 0, 5_000_000, 1_700_000_000),
                      3,
                      Content.of(new byte[3])),
                  new Entry.HardLink("bin/su2", new Attributes(04755, 0, 0, 0), "bin/su"),
                  new Entry.Symlink("link", new Attributes(0777, 0, 0, 0), "/bin/su"),
                  new Entry.Device(
                      "null", new Attributes(0666, 0, 0, 0), FileType.CHARACTER_DEVICE, 1, 3),
                  new Entry.Fifo("pipe", new Attributes(0600, 1, 2, 0)),
                  new Entry.Whiteout("usr/gone"))),
          out);
    }
    assertThat(
            tar("--numeric-owner", "-tvf", archive.toString())
                .lines()
                .map(s -> s.replaceAll(" +", " ")))
        .containsExactly(
            "drwxrwxrwt 0/0 0 1970-01-01 00:00 bin/",
            "-rwsr-xr-x 0/5000000 3 2023-11-14 22:13 bin/su",
            "hrwsr-xr-x 0/0 0 1970-01-01 00:00 bin/su2 link to bin/su",
            "lrwxrwxrwx 0/0 0 1970-01-01 00:00 link -> /bin/su",
            "crw-rw-rw- 0/0 1,3 1970-01-01 00:00 null",
            "prw------- 1/2 0 1970-01-01 00:00 pipe",
            "---------- 0/0 0 1970-01-01 00:00 usr/.wh.gone");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "pax", "posix", "oldgnu"})
  void weReadEveryFormatOfIts(String format) throws Exception {
    try (Dir dir = Dir.open(from)) {
      Trees.random(dir, new Random(21), 150);
    }
    Path archive = temp.resolve("theirs.tar");
    List<String> arguments =
        new ArrayList<>(
            List.of("-c", "--format=" + format, "--sort=name", "-f", archive.toString()));
    boolean pax = format.equals("pax") || format.equals("posix");
    if (pax) {
      arguments.addAll(List.of("--xattrs", "--xattrs-include=*"));
    }
    arguments.addAll(List.of("-C", from.toString(), "."));
    tar(arguments.toArray(String[]::new));
    try (Dir dir = Dir.open(to)) {
      DirectoryWriter.write(read(archive), dir, DirectoryFormat.PLAIN);
    }
    List<String> expected = describe(from);
    if (!pax) {
      // These formats have no extended attributes.
      expected = expected.stream().map(GnuTarTest::withoutXattrs).toList();
    }
    assertThat(describe(to)).isEqualTo(expected);
  }

  private static String withoutXattrs(String line) {
    return line.replaceAll("xattrs=\\{[^}]*}", "xattrs={}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"v7", "ustar"})
  void weReadTheOldFormats(String format) throws Exception {
    Files.createDirectories(from.resolve("dir/" + "sub".repeat(20)));
    Files.writeString(from.resolve("dir/" + "sub".repeat(20) + "/file"), "text");
    Files.createSymbolicLink(from.resolve("link"), Path.of("dir"));
    Path archive = temp.resolve("theirs.tar");
    tar("-c", "--format=" + format, "-f", archive.toString(), "-C", from.toString(), ".");
    try (Dir dir = Dir.open(to)) {
      DirectoryWriter.write(read(archive), dir, DirectoryFormat.PLAIN);
    }
    assertThat(describe(to)).isEqualTo(describe(from));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "pax 0.0", "pax 0.1", "pax 1.0"})
  void weReadItsSparseFiles(String format) throws Exception {
    byte[] noise = new byte[5000];
    new Random(1).nextBytes(noise);
    try (Dir dir = Dir.open(from);
        OpenFile sparse = dir.create("sparse", 0644);
        OpenFile empty = dir.create("all-hole", 0644)) {
      // More parts than the header and its first continuation hold.
      for (int i = 0; i < 60; i++) {
        sparse.seek(i * 100_000L);
        sparse.write(noise, 0, noise.length);
      }
      sparse.truncate(7_000_000);
      empty.truncate(1 << 20);
    }
    Path archive = temp.resolve("theirs.tar");
    List<String> arguments = new ArrayList<>(List.of("-c", "-S", "-f", archive.toString()));
    if (format.equals("gnu")) {
      arguments.add("--format=gnu");
    } else {
      arguments.addAll(List.of("--format=pax", "--sparse-version=" + format.substring(4)));
    }
    arguments.addAll(List.of("-C", from.toString(), "."));
    tar(arguments.toArray(String[]::new));
    assertThat(Files.size(archive)).isLessThan(1_000_000);
    try (Dir dir = Dir.open(to)) {
      DirectoryWriter.write(read(archive), dir, DirectoryFormat.PLAIN);
      assertThat(dir.lstat("sparse").blocks() * 512).isLessThan(1_000_000);
      assertThat(dir.lstat("all-hole").size()).isEqualTo(1 << 20);
    }
    assertThat(Files.mismatch(from.resolve("sparse"), to.resolve("sparse"))).isEqualTo(-1);
    assertThat(Files.mismatch(from.resolve("all-hole"), to.resolve("all-hole"))).isEqualTo(-1);
  }
}
