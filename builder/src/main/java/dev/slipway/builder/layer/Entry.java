package dev.slipway.builder.layer;

import dev.slipway.builder.linux.FileType;
import java.util.function.UnaryOperator;

/**
 * One change that a layer makes: an object that is there, or a name that is no longer.
 *
 * <p>Paths are relative to the root, without a leading or trailing slash and without {@code .} or
 * {@code ..} components; the root is the empty string. Bytes that are not UTF-8 are escaped as
 * {@link dev.slipway.builder.linux.FileName} says.
 */
public sealed interface Entry {
  String path();

  /** The same change at another path. The target of a hard link is not touched. */
  Entry withPath(String path);

  /** An entry that puts an object there. */
  sealed interface Node extends Entry {
    Attributes attributes();

    Node withAttributes(Attributes attributes);

    @Override
    Node withPath(String path);

    /** Of the object itself; of a hard link, {@link FileType#REGULAR} stands for whatever it is. */
    FileType type();
  }

  /**
   * A regular file.
   *
   * @param size in bytes; the content has exactly as many
   */
  record File(String path, Attributes attributes, long size, Content content) implements Node {
    @Override
    public File withPath(String value) {
      return new File(value, attributes, size, content);
    }

    @Override
    public File withAttributes(Attributes value) {
      return new File(path, value, size, content);
    }

    @Override
    public FileType type() {
      return FileType.REGULAR;
    }
  }

  record Directory(String path, Attributes attributes) implements Node {
    @Override
    public Directory withPath(String value) {
      return new Directory(value, attributes);
    }

    @Override
    public Directory withAttributes(Attributes value) {
      return new Directory(path, value);
    }

    @Override
    public FileType type() {
      return FileType.DIRECTORY;
    }
  }

  /**
   * A symbolic link.
   *
   * @param target any text, kept as it is; the mode is always 0777
   */
  record Symlink(String path, Attributes attributes, String target) implements Node {
    @Override
    public Symlink withPath(String value) {
      return new Symlink(value, attributes, target);
    }

    @Override
    public Symlink withAttributes(Attributes value) {
      return new Symlink(path, value, target);
    }

    @Override
    public FileType type() {
      return FileType.SYMLINK;
    }
  }

  /**
   * A further name of a file that came earlier in the same stream.
   *
   * @param attributes those of the file, repeated
   * @param target the path of the earlier entry, relative to the root of the layer
   */
  record HardLink(String path, Attributes attributes, String target) implements Node {
    @Override
    public HardLink withPath(String value) {
      return new HardLink(value, attributes, target);
    }

    @Override
    public HardLink withAttributes(Attributes value) {
      return new HardLink(path, value, target);
    }

    public HardLink withTarget(String value) {
      return new HardLink(path, attributes, value);
    }

    @Override
    public FileType type() {
      return FileType.REGULAR;
    }
  }

  /**
   * A device node.
   *
   * @param type {@link FileType#CHARACTER_DEVICE} or {@link FileType#BLOCK_DEVICE}
   */
  record Device(String path, Attributes attributes, FileType type, int major, int minor)
      implements Node {
    public Device {
      if (type != FileType.CHARACTER_DEVICE && type != FileType.BLOCK_DEVICE) {
        throw new IllegalArgumentException("a device of type " + type);
      }
    }

    @Override
    public Device withPath(String value) {
      return new Device(value, attributes, type, major, minor);
    }

    @Override
    public Device withAttributes(Attributes value) {
      return new Device(path, value, type, major, minor);
    }
  }

  record Fifo(String path, Attributes attributes) implements Node {
    @Override
    public Fifo withPath(String value) {
      return new Fifo(value, attributes);
    }

    @Override
    public Fifo withAttributes(Attributes value) {
      return new Fifo(path, value);
    }

    @Override
    public FileType type() {
      return FileType.FIFO;
    }
  }

  /** What lower layers have at this path is gone. */
  record Whiteout(String path) implements Entry {
    @Override
    public Whiteout withPath(String value) {
      return new Whiteout(value);
    }
  }

  /** What lower layers have inside this directory is gone; the directory itself is not. */
  record Opaque(String path) implements Entry {
    @Override
    public Opaque withPath(String value) {
      return new Opaque(value);
    }
  }

  /** This entry with changed attributes, where it has any. */
  default Entry mapAttributes(UnaryOperator<Attributes> change) {
    return switch (this) {
      case Node node -> node.withAttributes(change.apply(node.attributes()));
      case Whiteout whiteout -> whiteout;
      case Opaque opaque -> opaque;
    };
  }
}
