package dev.slipway.builder.layer;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.linux.Dir;
import java.io.IOException;
import java.io.InputStream;

/** Turns layers into directories. Several may be unpacked at once, each by its own thread. */
public final class Unpacker {
  private Unpacker() {}

  /**
   * Unpacks the blob of a layer: gzip (of any number of members), zstd or neither, told apart by
   * their first bytes. Decompression runs on another thread, which is the one that reads {@code
   * blob}.
   *
   * @param blob read to its end, not closed
   * @param diffId what the tar must hash to
   * @param target an empty directory; after a failure its contents are of no use
   * @param maxBytes the limit of the uncompressed size, against decompression bombs
   * @param watcher sees each entry before it is written; not to read its content
   * @throws BuildException {@code IMAGE_INVALID} if the blob is malformed, hostile or larger than
   *     allowed; {@code DIGEST_MISMATCH}; {@code DISK_FULL}
   */
  public static Unpacked unpack(
      InputStream blob,
      Digest diffId,
      Dir target,
      DirectoryFormat format,
      long maxBytes,
      Entries.Visitor watcher)
      throws IOException {
    try (TarStream tar = new TarStream(blob, diffId.newHasher(), maxBytes)) {
      Unpacked unpacked =
          DirectoryWriter.write(
              visitor ->
                  TarReader.readLayer(
                      tar,
                      new Limit(
                          entry -> {
                            watcher.visit(entry);
                            visitor.visit(entry);
                          },
                          maxBytes)),
              target,
              format);
      // The diff ID covers what follows the end of the archive, too.
      tar.drain();
      if (!diffId.matches(tar.hasher())) {
        throw new BuildException(
            ErrorCode.DIGEST_MISMATCH,
            "the layer does not unpack to " + diffId + ", which the image's config names");
      }
      return unpacked;
    }
  }

  /** As above, for those who want only the files. */
  public static Unpacked unpack(
      InputStream blob, Digest diffId, Dir target, DirectoryFormat format, long maxBytes)
      throws IOException {
    return unpack(blob, diffId, target, format, maxBytes, _ -> {});
  }

  /** A sparse file takes no room in the tar, but does wherever it is copied to. */
  private static final class Limit implements Entries.Visitor {
    private final Entries.Visitor visitor;
    private long left;

    Limit(Entries.Visitor visitor, long maxBytes) {
      this.visitor = visitor;
      this.left = maxBytes;
    }

    @Override
    public void visit(Entry entry) throws IOException {
      if (entry instanceof Entry.File file) {
        if (file.size() > left) {
          throw TarStream.tooLarge();
        }
        left -= file.size();
      }
      visitor.visit(entry);
    }
  }
}
