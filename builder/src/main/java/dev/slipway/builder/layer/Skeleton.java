package dev.slipway.builder.layer;

import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A layer without the content of its files: what a later layer must know to be placed above it.
 * Reading one takes a third of the time of unpacking the layer, and no room on the disk. Immutable
 * once read.
 */
public final class Skeleton {
  private static final Attributes IMPLIED = new Attributes(0755, 0, 0, 0);

  /** Layers of millions of names are better looked up on disk than held in memory. */
  private static final int MOST_NAMES = 400_000;

  private final Map<String, Item> items = new HashMap<>();
  private final Set<String> implied = new HashSet<>();
  private final Set<String> deleted = new HashSet<>();
  private final Set<String> opaque = new HashSet<>();
  private final Map<Attributes, Attributes> known = new HashMap<>();
  private boolean plain = true;

  private Skeleton() {}

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
    Skeleton skeleton = new Skeleton();
    try (InputStream in =
        new BufferedInputStream(new Limited(Decompression.of(blob), maxBytes), 256 * 1024)) {
      TarReader.readLayer(in, skeleton::add);
      // The digest of the blob is checked when its last byte is read.
      in.transferTo(OutputStream.nullOutputStream());
    }
    skeleton.known.clear();
    return skeleton.plain ? Optional.of(skeleton) : Optional.empty();
  }

  private void add(Entry entry) {
    String path = entry.path();
    if (!plain || items.size() > MOST_NAMES) {
      plain = false;
      return;
    }
    imply(path);
    switch (entry) {
      case Entry.Whiteout ignored -> deleted.add(path);
      case Entry.Opaque ignored -> {
        opaque.add(path);
        if (!path.isEmpty() && !items.containsKey(path)) {
          implied.add(path);
        }
      }
      case Entry.Node node -> {
        String target = node instanceof Entry.Symlink link ? link.target() : "";
        Attributes attributes =
            known.computeIfAbsent(
                node.attributes().withXattrs(XattrPolicy.image(node.attributes().xattrs())),
                same -> same);
        Item item = new Item(node.type(), attributes, target);
        Item before = items.put(path, item);
        boolean wasDirectory = implied.remove(path) || isDirectory(before);
        boolean directory = item.type() == FileType.DIRECTORY;
        if ((wasDirectory && !directory) || (before != null && directory && !isDirectory(before))) {
          plain = false; // what the first one had in it, and hid, is too much to tell
        }
      }
    }
  }

  private static boolean isDirectory(@Nullable Item item) {
    return item != null && item.type() == FileType.DIRECTORY;
  }

  private void imply(String path) {
    for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      String parent = path.substring(0, slash);
      Item item = items.get(parent);
      if (item == null) {
        if (!implied.add(parent)) {
          return;
        }
      } else {
        // Through a link of its own the entry would be somewhere else.
        plain = plain && item.type() == FileType.DIRECTORY;
        return;
      }
    }
  }

  /**
   * What this layer says.
   *
   * @param path relative to the root; empty is the root, whose attributes are those of the topmost
   *     layer
   */
  public Answer find(String path) {
    Item item = items.get(path);
    if (path.isEmpty()) {
      return new Answer.There(item == null ? impliedDirectory() : item);
    }
    if (item != null) {
      return new Answer.There(item);
    }
    boolean hidden = deleted.contains(path) || opaque.contains("");
    for (int slash = path.lastIndexOf('/');
        slash > 0 && !hidden;
        slash = path.lastIndexOf('/', slash - 1)) {
      String parent = path.substring(0, slash);
      Item above = items.get(parent);
      hidden =
          deleted.contains(parent)
              || opaque.contains(parent)
              || (above != null && above.type() != FileType.DIRECTORY);
    }
    if (implied.contains(path)) {
      return hidden ? new Answer.There(impliedDirectory()) : new Answer.Implied();
    }
    return hidden ? new Answer.Gone() : new Answer.Silent();
  }

  /** The layer again, in byte order of its paths, with empty files; hard links are such files. */
  public Entries entries() {
    Set<String> names = new HashSet<>(items.keySet());
    names.addAll(deleted);
    names.addAll(opaque);
    List<String> paths = new ArrayList<>(names);
    paths.sort(FileName.PATH_ORDER);
    return visitor -> {
      for (String path : paths) {
        Item item = items.get(path);
        if (item != null) {
          visitor.visit(entry(path, item));
        }
        if (deleted.contains(path)) {
          visitor.visit(new Entry.Whiteout(path));
        }
        if (opaque.contains(path)) {
          visitor.visit(new Entry.Opaque(path));
        }
      }
    };
  }

  private static Entry entry(String path, Item item) {
    Attributes attributes = item.attributes();
    return switch (item.type()) {
      case DIRECTORY -> new Entry.Directory(path, attributes);
      case SYMLINK -> new Entry.Symlink(path, attributes, item.target());
      case FIFO -> new Entry.Fifo(path, attributes);
      case CHARACTER_DEVICE, BLOCK_DEVICE -> new Entry.Device(path, attributes, item.type(), 0, 1);
      case REGULAR, SOCKET -> new Entry.File(path, attributes, 0, Content.EMPTY);
    };
  }

  /** Of a directory that no layer has an entry for. */
  public static Item impliedDirectory() {
    return new Item(FileType.DIRECTORY, IMPLIED, "");
  }

  /** Ends with {@code IMAGE_INVALID} where more comes than allowed. */
  private static final class Limited extends InputStream {
    private final InputStream in;
    private long left;

    Limited(InputStream in, long limit) {
      this.in = in;
      this.left = limit;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int n = in.read(target, offset, length);
      left -= Math.max(n, 0);
      if (left < 0) {
        throw TarStream.tooLarge();
      }
      return n;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
