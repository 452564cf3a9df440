package dev.slipway.builder.layer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.builder.linux.Dir;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DifferenceTest {
  @TempDir private Path temp;
  private Path before;
  private Path after;

  @BeforeEach
  void directories() throws IOException {
    before = Files.createDirectory(temp.resolve("before"));
    after = Files.createDirectory(temp.resolve("after"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6})
  void appliedToTheOneTreeItGivesTheOther(int seed) throws IOException {
    try (Dir from = Dir.open(before);
        Dir to = Dir.open(after)) {
      Trees.random(from, new Random(seed), 60);
      Trees.random(to, new Random(seed + 100L), 60);

      DirectoryWriter.write(Difference.between(from, to), from, DirectoryFormat.PLAIN);

      assertThat(described(from)).isEqualTo(described(to));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void equalTreesDifferInNothing(int seed) throws IOException {
    try (Dir from = Dir.open(before);
        Dir to = Dir.open(after)) {
      Trees.random(from, new Random(seed), 60);
      DirectoryWriter.write(
          DirectoryReader.entries(from, DirectoryFormat.PLAIN), to, DirectoryFormat.PLAIN);

      assertThat(paths(from, to)).isEmpty();
    }
  }

  @Test
  void aChangeBringsItsParentsAndNothingElse() throws IOException {
    for (Path root : List.of(before, after)) {
      write(root, "a/b/same", "1");
      write(root, "a/b/changed", "1");
      write(root, "a/gone/x", "1");
      write(root, "other/file", "1");
    }
    write(after, "a/b/changed", "2");
    Files.delete(after.resolve("a/gone/x"));
    Files.delete(after.resolve("a/gone"));

    try (Dir from = Dir.open(before);
        Dir to = Dir.open(after)) {
      assertThat(paths(from, to)).containsExactly("a", "whiteout a/gone", "a/b", "a/b/changed");
    }
  }

  @Test
  void aFileThatBecameADirectoryTakesItsPlace() throws IOException {
    write(before, "x", "file");
    write(before, "y/inside", "file");
    write(after, "x/inside", "file");
    write(after, "y", "file");

    try (Dir from = Dir.open(before);
        Dir to = Dir.open(after)) {
      assertThat(paths(from, to)).containsExactly("x", "x/inside", "y");
    }
  }

  @Test
  void aFileWithSeveralNamesComesWithAllOfThem() throws IOException {
    write(before, "one", "1");
    Files.createLink(before.resolve("two"), before.resolve("one"));
    write(after, "one", "1");
    Files.createLink(after.resolve("two"), after.resolve("one"));
    Files.createLink(after.resolve("three"), after.resolve("one"));

    try (Dir from = Dir.open(before);
        Dir to = Dir.open(after)) {
      assertThat(paths(from, to)).containsExactly("one", "link three", "link two");
    }
  }

  @Test
  void onlyTheTimeOfAFileCounts() throws IOException {
    for (Path root : List.of(before, after)) {
      write(root, "d/file", "1");
    }
    Files.setLastModifiedTime(after.resolve("d"), FileTime.fromMillis(0));
    try (Dir from = Dir.open(before);
        Dir to = Dir.open(after)) {
      assertThat(paths(from, to)).isEmpty();
      Files.setLastModifiedTime(after.resolve("d/file"), FileTime.fromMillis(0));
      assertThat(paths(from, to)).containsExactly("d", "d/file");
    }
  }

  private static void write(Path root, String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L));
  }

  private static List<String> paths(Dir from, Dir to) throws IOException {
    List<String> paths = new ArrayList<>();
    Difference.between(from, to)
        .forEach(entry ->
            paths.add(
                switch (entry) {
                  case Entry.Whiteout whiteout -> "whiteout " + whiteout.path();
                  case Entry.HardLink link -> "link " + link.path();
                  default -> entry.path();
                }));
    return paths;
  }

  private static List<String> described(Dir root) throws IOException {
    return Trees.describe(
        DirectoryReader.entries(root, DirectoryFormat.PLAIN)
            .map(entry ->
                entry instanceof Entry.Directory || entry instanceof Entry.Symlink
                    ? entry.mapAttributes(attributes -> attributes.withMtime(0))
                    : entry));
  }
}
