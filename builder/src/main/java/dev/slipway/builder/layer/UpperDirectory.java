package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.DirEntry;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.linux.Xattrs;
import java.io.IOException;

/**
 * A directory with the changes that a step made, as overlayfs keeps them: a deleted name is a
 * character device 0/0, and a directory whose lower contents are deleted carries {@code
 * user.overlay.opaque}.
 */
public final class UpperDirectory {
  private static final DirectoryFormat FORMAT = DirectoryFormat.OVERLAY_USERXATTR;
  private static final String OPAQUE = FORMAT.xattrPrefix() + "opaque";

  private UpperDirectory() {}

  /** Whether an object says that its name is deleted. */
  public static boolean isWhiteout(Stat stat) {
    return stat.type() == FileType.CHARACTER_DEVICE && stat.devMajor() == 0 && stat.devMinor() == 0;
  }

  /** Says that a name is deleted. */
  public static void delete(Dir dir, String name) throws LinuxException {
    dir.mknod(name, FileType.CHARACTER_DEVICE, 0, 0, 0);
  }

  /** Says that nothing is left of what lower layers have in a directory. */
  public static void deleteContents(Dir dir) throws LinuxException {
    dir.setXattr("", OPAQUE, OverlayXattrs.YES);
  }

  /** Whether a directory says so. */
  public static boolean hasDeletedContents(Dir upper, String path) throws LinuxException {
    return OverlayXattrs.isOpaque(upper.xattrs(path), FORMAT, path);
  }

  /** Takes from a directory what a step wrote there that would be read as a mark of overlayfs. */
  public static boolean removeMarks(Dir dir) throws LinuxException {
    boolean removed = false;
    for (String name : dir.xattrs("").names()) {
      if (name.startsWith(FORMAT.xattrPrefix())) {
        dir.removeXattr("", name);
        removed = true;
      }
    }
    return removed;
  }

  /** Gives a directory the extended attributes of an image that another one has. */
  public static void giveXattrs(Xattrs all, Dir dir) throws LinuxException {
    Xattrs xattrs = XattrPolicy.image(all);
    for (String name : xattrs.names()) {
      byte[] value = xattrs.get(name);
      dir.setXattr("", name, value == null ? new byte[0] : value);
    }
  }

  /**
   * Takes away what is no change: files that were opened for writing and not written to, and
   * directories that are here for those alone, all of which an overlay copies; and marks that
   * delete where nothing was. So a layer depends on what a step did, not on how it was watched.
   *
   * @param below what the changes are against
   */
  public static void reduce(Dir upper, LayerStack below) throws IOException {
    Stat before = upper.lstat("");
    boolean removed = false;
    for (DirEntry entry : upper.list()) {
      String name = entry.name();
      removed |=
          entry.type() == FileType.DIRECTORY
              ? reduceDirectory(upper, name, below)
              : !below.isEmpty() && removeIfHeld(upper, name, below);
    }
    if (removed) {
      upper.setTimes("", before.mtimeSeconds(), before.mtimeNanos());
    }
  }

  private static boolean reduceDirectory(Dir upper, String name, LayerStack below)
      throws IOException {
    LayerStack.Found found = below.find(name);
    boolean merged = found != null && found.stat().isDirectory();
    try (Dir dir = upper.openDirNoFollow(name)) {
      boolean opaque = OverlayXattrs.isOpaque(dir.xattrs(""), FORMAT, name);
      if (opaque && !merged) {
        dir.removeXattr("", OPAQUE);
      }
      if (opaque || !merged) {
        reduce(dir, LayerStack.empty());
        return false;
      }
      try (LayerStack inside = below.enter(name)) {
        reduce(dir, inside);
      }
      if (!dir.list().isEmpty()) {
        return false;
      }
    }
    return removeIfHeld(upper, name, below);
  }

  private static boolean removeIfHeld(Dir upper, String name, LayerStack below) throws IOException {
    Stat stat = upper.lstat(name);
    // A file of several names is part of the layer as a whole: its other names are new.
    if (isWhiteout(stat) || (!stat.isDirectory() && stat.nlink() > 1)) {
      return false;
    }
    if (!below.holds(upper, name, stat)) {
      return false;
    }
    if (stat.isDirectory()) {
      upper.rmdir(name);
    } else {
      upper.unlink(name);
    }
    return true;
  }
}
