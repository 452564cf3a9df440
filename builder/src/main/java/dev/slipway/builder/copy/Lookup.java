package dev.slipway.builder.copy;

import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.Stat;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What is in the root file system that a COPY writes to. It is asked only for what the placement
 * depends on: the way to the destination, and names that may be taken already.
 */
@FunctionalInterface
public interface Lookup {

  /**
   * What is at {@code path}, or null.
   *
   * @param attributes as a layer records them
   * @param target of a symbolic link, otherwise empty
   */
  record Found(FileType type, Attributes attributes, String target) {}

  /**
   * What is at {@code path}; a symbolic link is itself. No parent in the path is a symbolic link:
   * the caller has resolved them by earlier answers.
   *
   * @param path relative to the root, without leading slash; empty is the root
   */
  @Nullable Found find(String path) throws IOException;

  /** An empty root file system: {@code FROM scratch}, or {@code --link}. */
  Lookup EMPTY = path -> null;

  /** A mounted or plain directory. The descriptor stays the caller's. */
  static Lookup of(Dir root) {
    return path -> {
      Stat stat = root.find(path);
      if (stat == null) {
        return null;
      }
      Attributes attributes =
          new Attributes(
              stat.mode(),
              stat.uid(),
              stat.gid(),
              stat.mtimeSeconds(),
              KeptXattrs.ofImage(root.xattrs(path)));
      return new Found(stat.type(), attributes, stat.isSymlink() ? root.readlink(path) : "");
    };
  }
}
