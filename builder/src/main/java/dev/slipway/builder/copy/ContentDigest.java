package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.Xattrs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * One SHA-256 over all that a selection puts into an image. Each part is preceded by its length, so
 * that no two selections run together to the same bytes.
 */
final class ContentDigest {
  private final MessageDigest digest = sha256();
  private final Map<Node.Link, Integer> links = new HashMap<>();

  private ContentDigest() {}

  /**
   * Hashes all.
   *
   * @param most of {@link FileMarks}
   */
  static Selection.Digests of(List<SelectedRoot> roots, FileHashes hashes, int most)
      throws IOException {
    Map<Node.Bytes, String> contents = new ContentHashes(hashes).of(roots);
    ContentDigest all = new ContentDigest();
    all.text("slipway copy 1");
    for (SelectedRoot root : roots) {
      all.root(root, contents);
    }
    return new Selection.Digests(
        HexFormat.of().formatHex(all.digest.digest()),
        most == 0 ? Map.of() : FileMarks.of(roots, contents, most));
  }

  private void root(SelectedRoot root, Map<Node.Bytes, String> contents) {
    text(root.directory() ? "directory" : "file");
    text(root.directory() ? "" : root.name());
    if (root.archive().isPresent()) {
      ArchiveFile archive = root.archive().get();
      text("archive");
      text(ContentHashes.hash(contents, ContentHashes.bytes(archive)));
      return;
    }
    number(root.nodes().size());
    for (Node node : root.nodes()) {
      node(node, contents);
    }
  }

  private void node(Node node, Map<Node.Bytes, String> contents) {
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
    Node.Link link = node.link();
    number(link == null ? -1 : links.computeIfAbsent(link, l -> links.size()));
    number(node.size());
    text(node.bytes() instanceof Node.Bytes.None ? "" : ContentHashes.hash(contents, node.bytes()));
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

  private void bytes(byte[] value) {
    number(value.length);
    digest.update(value);
  }

  private void number(long value) {
    byte[] eight = new byte[8];
    for (int i = 0; i < 8; i++) {
      eight[i] = (byte) (value >>> (56 - 8 * i));
    }
    digest.update(eight);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new BuildException(ErrorCode.INTERNAL, "this JDK has no SHA-256", e);
    }
  }

  static String hash(InputStream in, byte[] buffer) throws IOException {
    MessageDigest digest = sha256();
    for (int n; (n = in.read(buffer)) >= 0; ) {
      digest.update(buffer, 0, n);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  static String hash(String text) {
    return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }
}
