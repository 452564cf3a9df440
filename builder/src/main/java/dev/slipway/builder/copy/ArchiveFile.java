package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.Entry;
import dev.slipway.builder.layer.TarReader;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.OpenFile;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.source.Archive;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A tar, packed or not, that ADD unpacks. It is read twice: for its names when the instruction is
 * planned, and for its contents when the layer is written; nothing of it is stored in between.
 *
 * @param tree where it is
 * @param path in the tree
 * @param stat as it was when it was planned
 */
record ArchiveFile(SourceTree tree, String path, Stat stat) {

  /** Its contents, if it is an archive at all. */
  static Optional<SelectedRoot> unpacked(SourceTree tree, String path, int source)
      throws IOException {
    OpenFile file = tree.root().openFileNoFollow(path);
    ArchiveFile archive = new ArchiveFile(tree, path, file.stat());
    try (InputStream in = archive.stream(file)) {
      if (Archive.tar(in).isEmpty()) {
        return Optional.empty();
      }
    }
    Scan scan = new Scan(archive, source);
    try {
      archive.entries().forEach(scan::add);
    } catch (BuildException e) {
      throw e.code() == ErrorCode.IMAGE_INVALID
          ? new BuildException(
              ErrorCode.CONTEXT_INVALID, "the archive /" + path + ": " + e.getMessage(), e)
          : e;
    }
    return Optional.of(new SelectedRoot(path, true, scan.nodes, Optional.of(archive)));
  }

  /** Every entry, in the order of the archive. */
  Entries entries() {
    return TarReader.archive(() -> {
      InputStream in = stream(tree.root().openFileNoFollow(path));
      return Archive.tar(in)
          .orElseThrow(() ->
              new BuildException(
                  ErrorCode.CONTEXT_INVALID,
                  "the archive /" + path + " was changed while it was read"));
    });
  }

  private InputStream stream(OpenFile file) {
    return new FilterInputStream(Archive.buffered(file.inputStream())) {
      @Override
      public void close() {
        file.close();
      }
    };
  }

  /** Collects the names of an archive. */
  private static final class Scan {
    private final ArchiveFile archive;
    private final int source;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Node> byPath = new HashMap<>();
    private long number;

    Scan(ArchiveFile archive, int source) {
      this.archive = archive;
      this.source = source;
    }

    void add(Entry entry) {
      long place = number++;
      // The archive's own root says nothing about the directory that it is unpacked into.
      if (entry.path().isEmpty() || !(entry instanceof Entry.Node node)) {
        return;
      }
      Node made = node(node, place);
      nodes.add(made);
      byPath.put(made.path(), made);
    }

    private Node node(Entry.Node entry, long place) {
      return switch (entry) {
        case Entry.File(String path, Attributes attributes, long size, var content) ->
            new Node(
                path,
                FileType.REGULAR,
                attributes,
                "",
                0,
                0,
                size,
                // The archive has no inodes; the number of the entry stands for one.
                new Node.Link(source, -1, place),
                size == 0 ? Node.NO_BYTES : new Node.Bytes.OfArchive(archive, place));
        case Entry.HardLink link -> {
          Node first = byPath.get(link.target());
          if (first == null || first.isDirectory()) {
            throw new BuildException(
                ErrorCode.IMAGE_INVALID,
                link.path() + " is a hard link to " + link.target() + ", which is not before it");
          }
          yield first.withPath(link.path());
        }
        case Entry.Directory(String path, Attributes attributes) ->
            simple(path, FileType.DIRECTORY, attributes, "", 0, 0);
        case Entry.Symlink(String path, Attributes attributes, String target) ->
            simple(path, FileType.SYMLINK, attributes, target, 0, 0);
        case Entry.Fifo(String path, Attributes attributes) ->
            simple(path, FileType.FIFO, attributes, "", 0, 0);
        case Entry.Device(
                String path,
                Attributes attributes,
                FileType type,
                int major,
                int minor) ->
            simple(path, type, attributes, "", major, minor);
      };
    }

    private static Node simple(
        String path, FileType type, Attributes attributes, String target, int major, int minor) {
      return new Node(path, type, attributes, target, major, minor, 0, noLink(), Node.NO_BYTES);
    }

    private static Node.@Nullable Link noLink() {
      return null;
    }
  }
}
