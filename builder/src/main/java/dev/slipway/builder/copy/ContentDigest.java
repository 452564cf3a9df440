package dev.slipway.builder.copy;

import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.Xattrs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * One SHA-256 over all that a selection puts into an image. Each part is preceded by its length, so
 * that no two selections run together to the same bytes.
 */
final class ContentDigest {
  private final MessageDigest digest = Sha256.newHasher();

  /** Collects small parts: handing them over one by one costs more than hashing them. */
  private final ByteBuffer pending = ByteBuffer.allocate(16 * 1024);

  /** The first node of each file that may have several names, by its place among all. */
  private final Map<Node.Link, Integer> links = new HashMap<>();

  private int nodes;

  private ContentDigest() {}

  /**
   * Hashes all.
   *
   * @param most of {@link FileMarks}
   */
  static Selection.Digests of(List<SelectedRoot> roots, FileHashes hashes, int most)
      throws IOException {
    ContentHashes contents = ContentHashes.of(roots, hashes);
    ContentDigest all = new ContentDigest();
    all.text("slipway copy 3");
    for (SelectedRoot root : roots) {
      all.root(root, contents);
    }
    return new Selection.Digests(
        all.end(), most == 0 ? Map.of() : FileMarks.of(roots, contents, most));
  }

  private void root(SelectedRoot root, ContentHashes contents) {
    text(root.directory() ? "directory" : "file");
    text(root.directory() ? "" : root.name());
    if (root.archive().isPresent()) {
      ArchiveFile archive = root.archive().get();
      text("archive");
      hash(contents.of(archive));
      return;
    }
    number(root.nodes().size());
    for (Node node : root.nodes()) {
      node(node, contents);
    }
  }

  private void node(Node node, ContentHashes contents) {
    Attributes a = node.attributes();
    text(node.path());
    number(node.type().bits());
    number(a.mode());
    number(a.uid());
    number(a.gid());
    text(node.target());
    number(node.major());
    number(node.minor());
    xattrs(a.xattrs());
    // Names that a file has outside of what is copied are nobody's business: only a second one
    // counts.
    Node.Link link = node.link();
    Integer first = link == null ? null : links.putIfAbsent(link, nodes);
    number(first == null ? -1 : first);
    nodes++;
    number(node.size());
    if (!(node.bytes() instanceof Node.Bytes.None)) {
      hash(contents.of(node.bytes()));
    }
  }

  private void xattrs(Xattrs xattrs) {
    number(xattrs.names().size());
    for (String name : xattrs.names()) {
      text(name);
      byte[] value = xattrs.get(name);
      bytes(value == null ? new byte[0] : value);
    }
  }

  private void text(String value) {
    bytes(FileName.encode(value));
  }

  /**
   * Of a fixed length, so that it needs none before it; the size of the file says if it is there.
   */
  private void hash(Sha256 value) {
    number(value.first());
    number(value.second());
    number(value.third());
    number(value.fourth());
  }

  private void bytes(byte[] value) {
    number(value.length);
    if (value.length > pending.remaining()) {
      flush();
    }
    if (value.length > pending.remaining()) {
      digest.update(value);
    } else {
      pending.put(value);
    }
  }

  private void number(long value) {
    if (pending.remaining() < Long.BYTES) {
      flush();
    }
    pending.putLong(value);
  }

  private void flush() {
    digest.update(pending.array(), 0, pending.position());
    pending.clear();
  }

  private String end() {
    flush();
    return HexFormat.of().formatHex(digest.digest());
  }
}
