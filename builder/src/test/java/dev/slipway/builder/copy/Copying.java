package dev.slipway.builder.copy;

import dev.slipway.builder.failure.Location;
import dev.slipway.builder.layer.DirectoryFormat;
import dev.slipway.builder.layer.DirectoryWriter;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.Entry;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.source.IgnorePatterns;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A COPY in the making: a context, a root file system, and what comes out as lines of {@code "type
 * mode uid:gid path = content or target"}.
 */
final class Copying {
  private final Path context;
  private final Path rootfs;
  private IgnorePatterns ignore = IgnorePatterns.none();
  private IgnorePatterns excludes = IgnorePatterns.none();
  private String workdir = "/";
  private Optional<String> chown = Optional.empty();
  private Optional<ModeChange> mode = Optional.empty();
  private boolean parents;
  private boolean link;
  private boolean unpack;
  private boolean fromStage;

  Copying(Path temp) {
    this.context = temp.resolve("context");
    this.rootfs = temp.resolve("rootfs");
    try {
      Files.createDirectories(context);
      Files.createDirectories(rootfs);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes "path", "path/", "path=content" or "path->target" in the context. */
  Copying context(String... files) {
    return make(context, files);
  }

  Copying rootfs(String... files) {
    return make(rootfs, files);
  }

  Path contextPath(String path) {
    return context.resolve(path);
  }

  Path rootfsPath(String path) {
    return rootfs.resolve(path);
  }

  private Copying make(Path root, String... files) {
    try {
      for (String file : files) {
        int arrow = file.indexOf("->");
        int equals = file.indexOf('=');
        if (arrow >= 0) {
          Path path = parent(root.resolve(file.substring(0, arrow)));
          Files.createSymbolicLink(path, Path.of(file.substring(arrow + 2)));
        } else if (file.endsWith("/")) {
          directories(root, root.resolve(file));
        } else {
          String name = equals < 0 ? file : file.substring(0, equals);
          Path path = parent(root.resolve(name));
          Files.writeString(path, equals < 0 ? name : file.substring(equals + 1));
          Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        }
      }
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path parent(Path path) throws IOException {
    Files.createDirectories(path.getParent());
    return path;
  }

  private static void directories(Path root, Path path) throws IOException {
    Files.createDirectories(path);
    for (Path p = path; !p.equals(root); p = p.getParent()) {
      Files.setPosixFilePermissions(p, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  Copying ignoring(String text) {
    ignore = IgnorePatterns.parse(".dockerignore", text);
    return this;
  }

  Copying excluding(String... patterns) {
    excludes = IgnorePatterns.of(List.of(patterns));
    return this;
  }

  Copying workdir(String value) {
    workdir = value;
    return this;
  }

  Copying chown(String value) {
    chown = Optional.of(value);
    return this;
  }

  Copying chmod(String value) {
    mode = Optional.of(ModeChange.parse(value));
    return this;
  }

  Copying parents() {
    parents = true;
    return this;
  }

  Copying link() {
    link = true;
    return this;
  }

  Copying unpack() {
    unpack = true;
    return this;
  }

  Copying fromStage() {
    fromStage = true;
    return this;
  }

  /** What {@code COPY words} makes: the last word is the destination. */
  List<String> copy(String... words) {
    return with(words, plan -> lines(plan.entries()));
  }

  String digest(String... sources) {
    String[] words = java.util.Arrays.copyOf(sources, sources.length + 1);
    words[sources.length] = "/x/";
    try (Dir tree = Dir.open(context)) {
      return Selection.of(spec(tree, words)).digest(new FileHashes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> unmatched(String... words) {
    try (Dir tree = Dir.open(context)) {
      return Selection.of(spec(tree, words)).unmatched();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The layer as a directory, to look at what only a file system shows. */
  Path copyInto(Path target, String... words) {
    return with(
        words,
        plan -> {
          try (Dir to = Dir.open(Files.createDirectories(target))) {
            DirectoryWriter.write(plan.entries(), to, DirectoryFormat.PLAIN);
          }
          return target;
        });
  }

  /** As {@link #copy}, with something done between the selection and the layer. */
  List<String> copyAfter(IoAction change, String... words) {
    return with(
        words,
        plan -> {
          change.run();
          return lines(plan.entries());
        });
  }

  interface IoAction {
    void run() throws IOException;
  }

  private interface Use<T> {
    T of(CopyPlan plan) throws IOException;
  }

  private <T> T with(String[] words, Use<T> use) {
    try (Dir tree = Dir.open(context);
        Dir root = Dir.open(rootfs)) {
      Selection selection = Selection.of(spec(tree, words));
      return use.of(CopyPlan.of(selection, Lookup.of(root), Accounts.of(root)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private CopySpec spec(Dir tree, String... words) {
    SourceTree source =
        fromStage ? SourceTree.rootfs(tree, "stage build") : SourceTree.context(tree, ignore);
    List<CopyItem> items = new ArrayList<>();
    for (String word : List.of(words).subList(0, words.length - 1)) {
      items.add(
          word.startsWith("<<")
              ? new CopyItem.Inline(word.substring(2), "inline\n")
              : new CopyItem.Path(source, word, unpack));
    }
    return new CopySpec(
        items,
        words[words.length - 1],
        workdir,
        chown,
        mode,
        excludes,
        parents,
        link,
        Location.of("Dockerfile", 7));
  }

  static List<String> lines(Entries entries) throws IOException {
    List<String> lines = new ArrayList<>();
    entries.forEach(entry -> lines.add(line(entry)));
    return lines;
  }

  private static String line(Entry entry) throws IOException {
    if (!(entry instanceof Entry.Node node)) {
      return entry.getClass().getSimpleName() + " " + entry.path();
    }
    String head =
        String.format(
            " %04o %d:%d %s",
            node.attributes().mode(),
            node.attributes().uid(),
            node.attributes().gid(),
            node.path());
    return switch (node) {
      case Entry.File file -> {
        try (InputStream in = file.content().open()) {
          yield "f" + head + " = " + new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
      }
      case Entry.Directory directory -> "d" + head;
      case Entry.Symlink symlink -> "l" + head + " -> " + symlink.target();
      case Entry.HardLink link -> "h" + head + " => " + link.target();
      case Entry.Device device -> "c" + head + " " + device.major() + "," + device.minor();
      case Entry.Fifo fifo -> "p" + head;
    };
  }
}
