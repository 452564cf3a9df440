package dev.slipway.builder.copy;

import dev.slipway.builder.image.Digest;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.layer.Content;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.SmallFile;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.linux.Xattrs;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Makes nodes of what is in directories. Of a small file the opening costs most: so it is opened
 * once, for its attributes, for its hash, and, as long as there is room for it, for the layer.
 *
 * <p>For one thread.
 */
final class NodeReader {
  /** Larger files are hashed later, on all cores. */
  private static final int LARGEST = 64 * 1024;

  /** What is larger is read again rather than kept. */
  private static final int LARGEST_KEPT = 8 * 1024;

  /** How many bytes one instruction may keep. */
  static final int ROOM = 16 * 1024 * 1024;

  private final MessageDigest digest = Digest.newSha256();
  private final byte[] buffer = new byte[LARGEST];
  private final AtomicInteger room;

  /**
   * A reader.
   *
   * @param room how many bytes may be kept yet, by all readers of the instruction
   */
  NodeReader(AtomicInteger room) {
    this.room = room;
  }

  /**
   * An open directory of a tree.
   *
   * @param source a number for the source of the instruction: hard links do not span several
   * @param path where it is, below the root of the tree
   */
  record Place(SourceTree tree, int source, Dir dir, String path) {}

  /**
   * The node of {@code name}, which was a regular file a moment ago; null where it is gone.
   *
   * @param shown its path relative to the root of the match
   */
  @Nullable Node find(Place place, String name, String shown) throws IOException {
    SmallFile file = SmallFile.read(place.dir, name, buffer);
    if (file != null) {
      return of(place, name, shown, file);
    }
    Stat stat = place.dir.find(name);
    // Where there is a directory now, the file is gone.
    return stat == null || stat.isDirectory() ? null : unread(place, name, shown, stat);
  }

  private Node of(Place place, String name, String shown, SmallFile file) throws IOException {
    Node.Bytes bytes = Node.NO_BYTES;
    if (file.length() > 0) {
      bytes = content(place, name, file.length());
    } else if (file.stat().size() > 0) {
      bytes = new Node.Bytes.OfTree(place.tree, FileName.join(place.path, name), file.stat());
    }
    return node(place, name, shown, file.stat(), file.xattrs(), bytes);
  }

  private Node.Bytes content(Place place, String name, int length) {
    digest.update(buffer, 0, length);
    Sha256 hash = Sha256.of(digest);
    if (length <= LARGEST_KEPT && room.get() >= length && room.addAndGet(-length) >= 0) {
      return new Node.Bytes.Hashed(hash, Content.of(Arrays.copyOf(buffer, length)));
    }
    SourceTree tree = place.tree;
    String path = FileName.join(place.path, name);
    return new Node.Bytes.Hashed(hash, () -> Node.open(tree, path));
  }

  /** The node of {@code name}; the content of a file is still to be read. */
  static Node unread(Place place, String name, String shown, Stat stat) throws IOException {
    Node.Bytes bytes =
        stat.isRegular() && stat.size() > 0
            ? new Node.Bytes.OfTree(place.tree, FileName.join(place.path, name), stat)
            : Node.NO_BYTES;
    return node(place, name, shown, stat, place.dir.xattrs(name), bytes);
  }

  private static Node node(
      Place place, String name, String shown, Stat stat, Xattrs xattrs, Node.Bytes bytes)
      throws IOException {
    String target = stat.isSymlink() ? place.dir.readlink(name) : "";
    boolean linked = stat.isRegular() && stat.nlink() > 1;
    return new Node(
        shown,
        // A socket is copied as an empty file, as BuildKit does: no layer can hold one.
        stat.type() == FileType.SOCKET ? FileType.REGULAR : stat.type(),
        attributes(place.tree, stat, xattrs),
        target,
        stat.devMajor(),
        stat.devMinor(),
        stat.isRegular() ? stat.size() : 0,
        linked ? new Node.Link(place.source, stat.dev(), stat.ino()) : null,
        bytes);
  }

  private static Attributes attributes(SourceTree tree, Stat stat, Xattrs xattrs) {
    return tree.keepsOwners()
        ? new Attributes(
            stat.mode(), stat.uid(), stat.gid(), stat.mtimeSeconds(), KeptXattrs.ofImage(xattrs))
        : new Attributes(stat.mode(), 0, 0, stat.mtimeSeconds(), KeptXattrs.ofContext(xattrs));
  }
}
