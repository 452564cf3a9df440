package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.Xattrs;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * One SHA-256 over all that a selection puts into an image. Each part is preceded by its length, so
 * that no two selections run together to the same bytes.
 */
final class ContentDigest {
  /** Of more nodes than this, the marks are made by a thread of their own. */
  private static final int MANY = 1000;

  private final MessageDigest digest = Digest.newSha256();

  /** Collects small parts: handing them over one by one costs more than hashing them. */
  private final byte[] pending = new byte[16 * 1024];

  private int length;

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
    FutureTask<Map<String, String>> marks =
        new FutureTask<>(() -> most == 0 ? Map.of() : FileMarks.of(roots, contents, most));
    if (roots.stream().mapToInt(root -> root.nodes().size()).sum() > MANY) {
      Thread.ofPlatform().daemon().name("slipway-marks").start(marks);
    }
    ContentDigest all = new ContentDigest();
    all.text("slipway copy 3");
    for (SelectedRoot root : roots) {
      all.root(root, contents);
    }
    marks.run(); // unless another thread does
    try {
      return new Selection.Digests(all.end(), marks.get());
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildException(ErrorCode.CANCELLED, "hashing the sources was cancelled", e);
    }
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
    if (xattrs.isEmpty()) {
      number(0);
      return;
    }
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
    if (value.length > pending.length - length) {
      flush();
    }
    if (value.length > pending.length) {
      digest.update(value);
    } else {
      System.arraycopy(value, 0, pending, length, value.length);
      length += value.length;
    }
  }

  /** Written out, because this is most of what a node comes to, and is not compiled at first. */
  private void number(long value) {
    if (pending.length - length < Long.BYTES) {
      flush();
    }
    for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
      pending[length++] = (byte) (value >>> shift);
    }
  }

  private void flush() {
    digest.update(pending, 0, length);
    length = 0;
  }

  private String end() {
    flush();
    return HexFormat.of().formatHex(digest.digest());
  }
}
