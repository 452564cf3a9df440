package dev.slipway.builder.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DirTest {
  @TempDir Path temp;
  private Dir dir;

  @BeforeEach
  void open() throws IOException {
    dir = Dir.open(temp);
  }

  @AfterEach
  void close() {
    dir.close();
  }

  @Test
  void statSeesWhatTheKernelSees() throws IOException {
    Files.writeString(temp.resolve("f"), "hello");
    dir.chmod("f", 04751);
    dir.setTimes("f", -5, 123_456_789);
    Stat stat = dir.lstat("f");
    assertThat(stat.type()).isEqualTo(FileType.REGULAR);
    assertThat(stat.mode()).isEqualTo(04751);
    assertThat(stat.size()).isEqualTo(5);
    assertThat(stat.nlink()).isEqualTo(1);
    assertThat(stat.mtimeSeconds()).isEqualTo(-5);
    assertThat(stat.mtimeNanos()).isEqualTo(123_456_789);
    assertThat(stat.ino())
        .isEqualTo(((Number) Files.getAttribute(temp.resolve("f"), "unix:ino")).longValue());
    assertThat(stat.uid()).isEqualTo(dir.stat("").uid());
    assertThat(dir.find("missing")).isNull();
    assertThat(dir.find("f/below-a-file")).isNull();
    assertThatThrownBy(() -> dir.lstat("missing"))
        .isInstanceOf(LinuxException.class)
        .hasMessageContaining("missing: no such file or directory");
  }

  @Test
  void devicesHaveTheirNumbers() throws IOException {
    try (Dir devices = Dir.open(Path.of("/dev"))) {
      Stat stat = devices.lstat("null");
      assertThat(stat.type()).isEqualTo(FileType.CHARACTER_DEVICE);
      assertThat(stat.devMajor()).isEqualTo(1);
      assertThat(stat.devMinor()).isEqualTo(3);
    }
  }

  @Test
  void aSmallFileIsReadWithAllThatIsKnownOfIt() throws IOException {
    Files.writeString(temp.resolve("f"), "hello");
    Files.createSymbolicLink(temp.resolve("link"), Path.of("f"));
    Files.createDirectory(temp.resolve("d"));
    dir.mknod("fifo", FileType.FIFO, 0644, 0, 0);
    byte[] target = new byte[5];
    SmallFile file = SmallFile.read(dir, "f", target);
    assertThat(file).isNotNull();
    assertThat(file.stat()).isEqualTo(dir.lstat("f"));
    assertThat(file.length()).isEqualTo(5);
    assertThat(target).asString(StandardCharsets.UTF_8).isEqualTo("hello");
    assertThat(file.xattrs()).isEqualTo(dir.xattrs("f"));
    for (String other : new String[] {"link", "d", "fifo", "missing"}) {
      assertThat(SmallFile.read(dir, other, target)).as(other).isNull();
    }
    assertThat(SmallFile.read(dir, "f", new byte[4]))
        .extracting(SmallFile::length)
        .as("there is no room for it")
        .isEqualTo(-1);
    assertThatThrownBy(() -> SmallFile.read(dir, "../f", target))
        .isInstanceOf(LinuxException.class);
  }

  @Test
  void noPathLeadsOut() throws IOException {
    Files.createDirectory(temp.resolve("root"));
    Files.writeString(temp.resolve("secret"), "outside");
    Files.writeString(temp.resolve("root/secret"), "inside");
    Files.createSymbolicLink(temp.resolve("root/up"), Path.of("../secret"));
    Files.createSymbolicLink(temp.resolve("root/absolute"), Path.of("/secret"));
    Files.createSymbolicLink(temp.resolve("root/dir"), Path.of("../../.."));
    Files.createSymbolicLink(temp.resolve("root/loop"), Path.of("loop"));
    try (Dir root = dir.openDir("root")) {
      for (String path :
          new String[] {"secret", "/secret", "../secret", "up", "absolute", "dir/secret"}) {
        assertThat(text(root, path)).as(path).isEqualTo("inside");
      }
      assertThatThrownBy(() -> root.openFile("loop"))
          .isInstanceOfSatisfying(
              LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ELOOP));
      // Writing through a link to a directory lands inside too.
      try (OpenFile file = root.create("dir/new", 0644)) {
        file.write("x".getBytes(StandardCharsets.UTF_8), 0, 1);
      }
      assertThat(temp.resolve("root/new")).exists();
      assertThatThrownBy(() -> root.mkdir("dir/..", 0755)).isInstanceOf(LinuxException.class);
      assertThatThrownBy(() -> root.openFileNoFollow("up")).isInstanceOf(LinuxException.class);
      assertThatThrownBy(() -> root.openDirNoFollow("dir")).isInstanceOf(LinuxException.class);
    }
  }

  @Test
  void aNulInANameIsRefused() {
    assertThatThrownBy(() -> dir.mkdir("a\0b", 0755))
        .isInstanceOfSatisfying(
            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
  }

  @Test
  void longNamesAndPathsAreRefusedByName() {
    assertThatThrownBy(() -> dir.mkdir("x".repeat(256), 0755))
        .isInstanceOfSatisfying(
            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENAMETOOLONG));
    assertThatThrownBy(() -> dir.mkdir("x/".repeat(3000), 0755))
        .isInstanceOfSatisfying(
            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENAMETOOLONG));
  }

  @Test
  void namesOfAnyBytesAreListedInByteOrder() throws IOException {
    for (String name : new String[] {"b", "a\udcff", "a", "日本", "a🚢"}) {
      dir.mkdir(name, 0755);
    }
    assertThat(dir.list())
        .extracting(DirEntry::name)
        .containsExactly("a", "a🚢", "a\udcff", "b", "日本");
    assertThat(dir.lstat("a\udcff").isDirectory()).isTrue();
  }

  @Test
  void manyNamesAreAllListed() throws IOException {
    for (int i = 0; i < 5000; i++) {
      dir.create("a-rather-long-name-for-a-file-%05d".formatted(i), 0644).close();
    }
    assertThat(dir.list()).hasSize(5000).allMatch(e -> e.type() == FileType.REGULAR);
  }

  @Test
  void aFifoIsNotOpenedAsAFile() throws IOException {
    dir.mknod("fifo", FileType.FIFO, 0644, 0, 0);
    assertThat(dir.lstat("fifo").type()).isEqualTo(FileType.FIFO);
    assertThatThrownBy(() -> dir.openFile("fifo")).hasMessageContaining("FIFO");
  }

  @Test
  void devicesKeepTheirNumbers() throws IOException {
    assumeTrue(isRoot(), "making devices needs root");
    dir.mknod("null", FileType.CHARACTER_DEVICE, 0666, 1, 3);
    dir.mknod("big", FileType.BLOCK_DEVICE, 0600, 4095, 1_048_575);
    assertThat(dir.lstat("null").devMinor()).isEqualTo(3);
    assertThat(dir.lstat("big").devMajor()).isEqualTo(4095);
    assertThat(dir.lstat("big").devMinor()).isEqualTo(1_048_575);
  }

  @Test
  void bigOwnersAreKept() throws IOException {
    assumeTrue(isRoot(), "giving files away needs root");
    dir.create("f", 0644).close();
    dir.chown("f", 4_000_000_000L, 4_294_967_294L);
    assertThat(dir.lstat("f").uid()).isEqualTo(4_000_000_000L);
    assertThat(dir.lstat("f").gid()).isEqualTo(4_294_967_294L);
  }

  @Test
  void linksAreMadeAndRead() throws IOException {
    dir.mkdirs("a/b/c", 0755);
    dir.mkdirs("a/b/c", 0755);
    dir.create("a/file", 0644).close();
    dir.link("a/file", "a/b/hard");
    dir.symlink("any/thi\udcfeng", "a/b/soft");
    dir.link("a/b/soft", "a/soft-too");
    assertThat(dir.lstat("a/b/hard").ino()).isEqualTo(dir.lstat("a/file").ino());
    assertThat(dir.readlink("a/b/soft")).isEqualTo("any/thi\udcfeng");
    assertThat(dir.readlink("a/soft-too")).isEqualTo("any/thi\udcfeng");
    dir.rename("a/b/hard", dir, "moved");
    assertThat(dir.lstat("moved").nlink()).isEqualTo(2);
    assertThatThrownBy(() -> dir.renameNoReplace("moved", dir, "a"))
        .isInstanceOfSatisfying(
            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST));
  }

  @Test
  void xattrsAreBytes() throws IOException {
    byte[] value = {0, (byte) 0xff, '=', '\n', 0};
    dir.create("f", 0644).close();
    dir.mkdir("d", 0755);
    dir.setXattr("f", "user.binary", value);
    dir.setXattr("d", "user.empty", new byte[0]);
    assertThat(dir.xattrs("f").get("user.binary")).isEqualTo(value);
    assertThat(dir.xattrs("d").names()).containsExactly("user.empty");
    try (OpenFile file = dir.openFile("f")) {
      assertThat(file.xattrs()).isEqualTo(dir.xattrs("f"));
    }
    dir.removeXattr("f", "user.binary");
    assertThat(dir.xattrs("f")).isEqualTo(Xattrs.EMPTY);
    dir.symlink("f", "link");
    assertThat(dir.xattrs("link").isEmpty()).isTrue();
    assertThat(dir.xattrs("").isEmpty()).isTrue();
  }

  @Test
  void holesAreFound() throws IOException {
    try (OpenFile file = dir.create("sparse", 0644)) {
      file.seek(1 << 20);
      file.write(new byte[] {1}, 0, 1);
      file.truncate(4 << 20);
      assertThat(file.seekData(0)).isEqualTo(1 << 20);
      assertThat(file.seekHole(1 << 20)).isGreaterThan(1 << 20).isLessThan(2 << 20);
      assertThat(file.seekData(2 << 20)).isEqualTo(-1);
    }
  }

  @Test
  void copiesAreExact() throws IOException {
    byte[] bytes = new byte[3_000_001];
    new Random(3).nextBytes(bytes);
    Files.write(temp.resolve("from"), bytes);
    try (OpenFile from = dir.openFile("from");
        OpenFile to = dir.create("to", 0644)) {
      assertThat(to.copyFrom(from)).isEqualTo(bytes.length);
    }
    assertThat(Files.readAllBytes(temp.resolve("to"))).isEqualTo(bytes);
    try (OpenFile proc = Dir.open(Path.of("/proc/self")).openFile("status");
        OpenFile to = dir.create("status", 0644)) {
      assertThat(to.copyFrom(proc)).isPositive();
    }
  }

  @Test
  void locksExcludeOthers() throws IOException {
    dir.create("lock", 0644).close();
    try (OpenFile one = dir.openFile("lock");
        OpenFile two = dir.openFile("lock")) {
      one.lock(Lock.SHARED);
      assertThat(two.tryLock(Lock.SHARED)).isTrue();
      assertThat(two.tryLock(Lock.EXCLUSIVE)).isFalse();
      one.lock(Lock.NONE);
      assertThat(two.tryLock(Lock.EXCLUSIVE)).isTrue();
    }
  }

  @Test
  void aTreeIsRemovedWhateverItsShape() throws IOException {
    dir.mkdir("tree", 0755);
    // Deeper than open files or PATH_MAX allow at once.
    Dir at = dir.openDir("tree");
    for (int i = 0; i < 5000; i++) {
      at.mkdir("d", 0755);
      at.symlink("/", "s");
      Dir next = at.openDir("d");
      at.close();
      at = next;
    }
    at.close();
    dir.mkdirs("tree/closed/in", 0755);
    dir.chmod("tree/closed", 0);
    dir.deleteRecursively("tree");
    assertThat(dir.list()).isEmpty();
    dir.deleteRecursively("tree");
    dir.symlink("/etc", "link");
    dir.deleteRecursively("link");
    assertThat(Path.of("/etc/passwd")).exists();
  }

  @Test
  void descriptorsAreCloseOnExec() throws IOException {
    try (Dir sub = dir.duplicate();
        OpenFile file = dir.create("f", 0644)) {
      for (int fd : new int[] {dir.descriptor(), sub.descriptor(), file.descriptor()}) {
        String info = Files.readString(Path.of("/proc/self/fdinfo/" + fd));
        assertThat(info).containsPattern("flags:\\s+0\\d*2\\d{6}\\b");
      }
    }
  }

  private static boolean isRoot() throws IOException {
    return ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid")) == 0;
  }

  private static String text(Dir root, String path) throws IOException {
    try (OpenFile file = root.openFile(path)) {
      return new String(file.inputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
