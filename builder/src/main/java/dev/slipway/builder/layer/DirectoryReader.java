package dev.slipway.builder.layer;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.DirEntry;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.linux.Xattrs;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The entries of a directory: a tree of files, or the upper directory of an overlay. */
public final class DirectoryReader {
  /** What a path may be long, so that it can be unpacked again: PATH_MAX with its NUL. */
  private static final int MAX_PATH = 4095;

  private final DirectoryFormat format;
  private final Entries.Visitor visitor;
  private final Map<Inode, String> firstNames = new HashMap<>();

  private record Inode(long dev, long ino) {}

  DirectoryReader(DirectoryFormat format, Entries.Visitor visitor) {
    this.format = format;
    this.visitor = visitor;
  }

  /**
   * All that is below {@code root}, without {@code root} itself. Sockets are left out: no archive
   * can hold them.
   *
   * @param root stays the caller's; must be open while the entries are read
   */
  public static Entries entries(Dir root, DirectoryFormat format) {
    return visitor -> new DirectoryReader(format, visitor).walk(root, "");
  }

  /**
   * The entry of one object.
   *
   * @param parent the directory that holds it, open for as long as the content is to be read
   * @param name its name there
   * @param path its path in the layer
   * @param stat what a stat of it said
   */
  public static Entry.@Nullable Node entry(Dir parent, String name, String path, Stat stat)
      throws IOException {
    return node(
        parent,
        name,
        path,
        stat,
        XattrPolicy.image(parent.xattrs(name)),
        () -> parent.openKnownFile(name).inputStream());
  }

  private void walk(Dir dir, String prefix) throws IOException {
    for (DirEntry child : dir.list()) {
      String path = prefix.isEmpty() ? child.name() : prefix + '/' + child.name();
      if (path.length() > MAX_PATH) {
        throw new BuildException(
            ErrorCode.UNSUPPORTED,
            "the path "
                + path.substring(0, 80)
                + "... is longer than 4095 bytes, which no layer"
                + " can be unpacked with; remove it or nest it less deeply");
      }
      Stat stat = dir.find(child.name());
      // Null: gone since the directory was listed, as if we had come a moment later.
      if (stat != null) {
        visit(dir, child.name(), path, stat);
      }
    }
  }

  /** Shows one object to the visitor, and all that is in it. */
  void visit(Dir parent, String name, String path, Stat stat) throws IOException {
    if (format != DirectoryFormat.PLAIN && UpperDirectory.isWhiteout(stat)) {
      visitor.visit(new Entry.Whiteout(path));
      return;
    }
    if (stat.isDirectory()) {
      try (Dir dir = parent.openDirNoFollow(name)) {
        Xattrs all = dir.xattrs("");
        visitor.visit(new Entry.Directory(path, attributes(stat, XattrPolicy.image(all))));
        if (format != DirectoryFormat.PLAIN && OverlayXattrs.isOpaque(all, format, path)) {
          visitor.visit(new Entry.Opaque(path));
        }
        walk(dir, path);
      }
    } else if (stat.isRegular()) {
      // Asking an open file for its attributes is far cheaper than asking by name, and whoever
      // reads a layer reads its files.
      try (FirstOpen content = new FirstOpen(parent, name)) {
        other(parent, name, path, stat, content.xattrs(), content);
      }
    } else {
      other(parent, name, path, stat, parent.xattrs(name), Content.EMPTY);
    }
  }

  private void other(Dir parent, String name, String path, Stat stat, Xattrs all, Content content)
      throws IOException {
    if (format != DirectoryFormat.PLAIN) {
      OverlayXattrs.refuseForeign(all, format, path);
    }
    Xattrs xattrs = XattrPolicy.image(all);
    if (stat.nlink() > 1) {
      String first = firstNames.putIfAbsent(new Inode(stat.dev(), stat.ino()), path);
      if (first != null) {
        visitor.visit(new Entry.HardLink(path, attributes(stat, xattrs), first));
        return;
      }
    }
    Entry.Node node = node(parent, name, path, stat, xattrs, content);
    if (node != null) {
      visitor.visit(node);
    }
  }

  private static Entry.@Nullable Node node(
      Dir parent, String name, String path, Stat stat, Xattrs xattrs, Content content)
      throws LinuxException {
    Attributes attributes = attributes(stat, xattrs);
    return switch (stat.type()) {
      case REGULAR -> new Entry.File(path, attributes, stat.size(), content);
      case DIRECTORY -> new Entry.Directory(path, attributes);
      case SYMLINK -> new Entry.Symlink(path, attributes, parent.readlink(name));
      case CHARACTER_DEVICE, BLOCK_DEVICE ->
          new Entry.Device(path, attributes, stat.type(), stat.devMajor(), stat.devMinor());
      case FIFO -> new Entry.Fifo(path, attributes);
      case SOCKET -> null;
    };
  }

  private static Attributes attributes(Stat stat, Xattrs xattrs) {
    return new Attributes(stat.mode(), stat.uid(), stat.gid(), stat.mtimeSeconds(), xattrs);
  }
}
