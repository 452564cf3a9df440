package dev.slipway.builder.layer;

import dev.slipway.builder.linux.FileType;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/**
 * A layer without the content of its files: what a later layer must know to be placed above it.
 * Reading one takes a third of the time of unpacking the layer, and no room on the disk. Immutable
 * once read.
 */
public final class Skeleton {
  private static final Attributes IMPLIED = new Attributes(0755, 0, 0, 0);

  private final PathTable paths;

  Skeleton(PathTable paths) {
    this.paths = paths;
  }

  /**
   * What is at a path.
   *
   * @param target of a symbolic link, otherwise empty
   */
  public record Item(FileType type, Attributes attributes, String target) {}

  /** What one layer says of a path. */
  public sealed interface Answer {
    /** It has this object there. */
    record There(Item item) implements Answer {}

    /** It has a directory there whose attributes are those that lower layers give it. */
    record Implied() implements Answer {}

    /** Nothing, and nothing that lower layers have there is visible. */
    record Gone() implements Answer {}

    /** Nothing; lower layers decide. */
    record Silent() implements Answer {}
  }

  /**
   * Reads the blob of a layer, in any compression, to its end.
   *
   * @param blob closed
   * @param maxBytes the limit of the uncompressed size, against decompression bombs
   * @return empty where the layer does unusual things, such as writing through its own symbolic
   *     links, so that only unpacking it tells what it means
   */
  public static Optional<Skeleton> read(InputStream blob, long maxBytes) throws IOException {
    SkeletonReader reader = new SkeletonReader();
    try (InputStream in =
        new BufferedInputStream(
            new BoundedStream(Decompression.of(blob), maxBytes, TarStream::tooLarge), 256 * 1024)) {
      TarReader.readLayer(in, reader::add);
      // The digest of the blob is checked when its last byte is read.
      in.transferTo(OutputStream.nullOutputStream());
    }
    return reader.skeleton();
  }

  /**
   * One that was kept.
   *
   * @param bytes as {@link #bytes} gave them; not copied
   */
  public static Skeleton of(byte[] bytes) {
    return new Skeleton(PathTable.of(bytes));
  }

  /** What to keep of it. The array is its own: not to be changed. */
  public byte[] bytes() {
    return paths.bytes();
  }

  /**
   * What this layer says.
   *
   * @param path relative to the root; empty is the root, whose attributes are those of the topmost
   *     layer
   */
  public Answer find(String path) {
    PathTable.Row row = paths.find(path);
    Item item = row.item();
    if (path.isEmpty()) {
      return new Answer.There(item == null ? impliedDirectory() : item);
    }
    if (item != null) {
      return new Answer.There(item);
    }
    boolean hidden = row.deleted() || paths.find("").opaque();
    for (int slash = path.lastIndexOf('/');
        slash > 0 && !hidden;
        slash = path.lastIndexOf('/', slash - 1)) {
      PathTable.Row parent = paths.find(path.substring(0, slash));
      Item above = parent.item();
      hidden =
          parent.deleted()
              || parent.opaque()
              || (above != null && above.type() != FileType.DIRECTORY);
    }
    if (row.implied()) {
      return hidden ? new Answer.There(impliedDirectory()) : new Answer.Implied();
    }
    return hidden ? new Answer.Gone() : new Answer.Silent();
  }

  /** Of a directory that no layer has an entry for. */
  public static Item impliedDirectory() {
    return new Item(FileType.DIRECTORY, IMPLIED, "");
  }
}
