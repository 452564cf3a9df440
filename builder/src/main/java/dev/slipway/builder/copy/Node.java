package dev.slipway.builder.copy;

import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.layer.Content;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.OpenFile;
import dev.slipway.builder.linux.Stat;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A selected file-system object.
 *
 * @param path relative to the root of its match; empty for a file that was named itself
 * @param target of a symbolic link, else empty
 * @param major of a device
 * @param minor of a device
 * @param size of a regular file
 * @param link equal for names of the same file; null where there is only one
 * @param bytes where the content is
 */
record Node(
    String path,
    FileType type,
    Attributes attributes,
    String target,
    int major,
    int minor,
    long size,
    @Nullable Link link,
    Bytes bytes) {

  /** An inode with several names, of one source of the instruction. */
  record Link(int source, long dev, long ino) {}

  /** Where the content of a regular file comes from. */
  sealed interface Bytes {
    /** There is none. */
    record None() implements Bytes {}

    /**
     * A file of a tree.
     *
     * @param stat as it was when the tree was walked
     */
    record OfTree(SourceTree tree, String path, Stat stat) implements Bytes {
      /** These are keys of maps: the path tells them apart, and a string knows its hash. */
      @Override
      public int hashCode() {
        return path.hashCode();
      }
    }

    /** A content that is in memory, or was when it was hashed. */
    record Hashed(Sha256 sha256, Content content) implements Bytes {}

    /**
     * A file of an archive, which can be read only while the archive is.
     *
     * @param archive the archive it is in
     * @param number its place in it
     */
    record OfArchive(ArchiveFile archive, long number) implements Bytes {}
  }

  static final Bytes NO_BYTES = new Bytes.None();

  boolean isDirectory() {
    return type == FileType.DIRECTORY;
  }

  Node withPath(String value) {
    return new Node(value, type, attributes, target, major, minor, size, link, bytes);
  }

  /** Opens a file of a tree and skips what a stat said already. */
  static InputStream open(SourceTree tree, String path) throws IOException {
    OpenFile open = tree.root().openKnownFile(path);
    return new FilterInputStream(open.inputStream()) {
      @Override
      public void close() {
        open.close();
      }
    };
  }
}
