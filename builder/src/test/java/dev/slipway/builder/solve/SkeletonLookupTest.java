package dev.slipway.builder.solve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.builder.copy.Lookup;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.layer.Content;
import dev.slipway.builder.layer.DirectoryFormat;
import dev.slipway.builder.layer.DirectoryWriter;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.Entry;
import dev.slipway.builder.layer.LayerOptions;
import dev.slipway.builder.layer.LayerWriter;
import dev.slipway.builder.layer.Skeleton;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.Stat;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The skeletons of layers answer as the same layers do when they are written over each other. */
final class SkeletonLookupTest {
  private static final int STACKS = 250;

  @TempDir Path temp;
  private Attributes own = new Attributes(0755, 0, 0, 0);

  @BeforeEach
  void ownFiles() throws IOException {
    try (Dir root = Dir.open(temp)) {
      Stat stat = root.lstat("");
      own = new Attributes(0755, stat.uid(), stat.gid(), 0);
    }
  }

  @Test
  void answersAsTheFilesThemselves() throws IOException {
    int compared = 0;
    int present = 0;
    for (int seed = 0; seed < STACKS; seed++) {
      Random random = new Random(seed);
      List<List<Entry>> layers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        layers.add(layer(random));
      }
      Path files = Files.createDirectory(temp.resolve("stack" + seed));
      try (Dir root = Dir.open(files)) {
        root.chmod("", 0755);
        List<Skeleton> topFirst = new ArrayList<>();
        for (List<Entry> layer : layers) {
          DirectoryWriter.write(entries(layer), root, DirectoryFormat.PLAIN);
          skeleton(entries(layer)).ifPresent(topFirst::addFirst);
        }
        if (topFirst.size() < layers.size()) {
          continue; // unpacked instead
        }
        Lookup expected = Lookup.of(root);
        Lookup actual = new SkeletonLookup(topFirst);
        for (String path : paths()) {
          if (path.isEmpty()) {
            continue; // its attributes are nobody's business above
          }
          Lookup.@Nullable Found there = untimed(actual.find(path));
          assertThat(there)
              .as("seed %d, %s in %s", seed, path, layers)
              .isEqualTo(untimed(expected.find(path)));
          compared++;
          present += there == null ? 0 : 1;
        }
      } catch (BuildException e) {
        continue; // a file where the next layer needs a directory: no such image exists
      }
    }
    assertThat(compared).isGreaterThan(3000);
    assertThat(present).isGreaterThan(500);
  }

  @Test
  void survivesBeingKept() throws IOException {
    for (int seed = 0; seed < 50; seed++) {
      Optional<Skeleton> read = skeleton(entries(layer(new Random(seed))));
      if (read.isPresent()) {
        Skeleton kept = Skeleton.of(read.get().bytes().clone());
        for (String path : paths()) {
          assertThat(kept.find(path))
              .as("seed %d, %s", seed, path)
              .isEqualTo(read.get().find(path));
        }
      }
    }
  }

  @Test
  void aLayerThatWritesThroughItsOwnLinkIsLeftToTheKernel() throws IOException {
    assertThat(
            skeleton(
                entries(
                    List.of(
                        new Entry.Symlink("lib", own, "usr/lib"),
                        new Entry.File("lib/x", own, 0, Content.EMPTY)))))
        .isEmpty();
  }

  @Test
  void aDirectoryThatOnlyHasContentsHidesALinkBelow() throws IOException {
    Skeleton below =
        skeleton(entries(List.of(new Entry.Symlink("lib", own, "usr/lib")))).orElseThrow();
    Skeleton above =
        skeleton(entries(List.of(new Entry.File("lib/x", own, 0, Content.EMPTY)))).orElseThrow();
    Lookup.Found found = new SkeletonLookup(List.of(above, below)).find("lib");
    assertThat(found).isNotNull();
    assertThat(found.type()).isEqualTo(FileType.DIRECTORY);
  }

  /** A plain directory has the time of the last layer that wrote into it; no layer says that. */
  private static Lookup.@Nullable Found untimed(Lookup.@Nullable Found found) {
    return found == null || found.type() != FileType.DIRECTORY
        ? found
        : new Lookup.Found(found.type(), found.attributes().withMtime(0), found.target());
  }

  private List<Entry> layer(Random random) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (int i = random.nextInt(12); i >= 0; i--) {
      String path = paths().get(1 + random.nextInt(paths().size() - 1));
      Attributes attributes =
          own.withMode(0700 + random.nextInt(0100)).withMtime(random.nextInt(1000));
      boolean leaf = path.endsWith("z");
      Entry entry =
          switch (random.nextInt(6)) {
            case 0 -> new Entry.Whiteout(path);
            case 1 -> leaf ? new Entry.Whiteout(path) : new Entry.Opaque(path);
            default ->
                leaf
                    ? random.nextBoolean()
                        ? new Entry.Symlink(path, attributes.withMode(0777), "somewhere")
                        : new Entry.File(path, attributes, 0, Content.EMPTY)
                    : new Entry.Directory(path, attributes);
          };
      entries.putIfAbsent(path, entry);
      if (!(entry instanceof Entry.Node)) {
        // A deletion alone implies its parents in an overlay, and does not in a plain directory.
        for (int slash = path.lastIndexOf('/');
            slash > 0;
            slash = path.lastIndexOf('/', slash - 1)) {
          String parent = path.substring(0, slash);
          entries.put(parent, new Entry.Directory(parent, attributes));
        }
        if (entry instanceof Entry.Opaque) {
          entries.put(path + "/", new Entry.Directory(path, attributes));
        }
      }
    }
    // Deletions first, as all tools write them.
    return Stream.concat(
            entries.values().stream().filter(entry -> !(entry instanceof Entry.Node)),
            entries.values().stream().filter(Entry.Node.class::isInstance))
        .toList();
  }

  /** Directories, and leaves whose names end in z. */
  private static List<String> paths() {
    List<String> all = new ArrayList<>(List.of(""));
    for (String one : List.of("a", "b", "z")) {
      all.add(one);
      if (!one.equals("z")) {
        for (String two : List.of("c", "d", "z")) {
          all.add(one + "/" + two);
          if (!two.equals("z")) {
            all.add(one + "/" + two + "/e");
            all.add(one + "/" + two + "/z");
          }
        }
      }
    }
    return all;
  }

  private static Entries entries(List<Entry> list) {
    return visitor -> {
      for (Entry entry : list) {
        visitor.visit(entry);
      }
    };
  }

  private static Optional<Skeleton> skeleton(Entries entries) throws IOException {
    ByteArrayOutputStream blob = new ByteArrayOutputStream();
    LayerWriter.write(entries, LayerOptions.of(Compression.GZIP), List.of(blob));
    return Skeleton.read(new ByteArrayInputStream(blob.toByteArray()), 1 << 20);
  }
}
