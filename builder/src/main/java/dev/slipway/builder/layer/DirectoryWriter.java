package dev.slipway.builder.layer;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.DirEntry;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.OpenFile;
import dev.slipway.builder.linux.Stat;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Writes entries into a directory.
 *
 * <p>Each object gets its owner before its mode, because chown takes setuid and setgid away, and
 * its extended attributes after both, because chown takes file capabilities away too. Directories
 * get theirs last of all: making a file in a directory changes its time, and its mode may forbid
 * it.
 */
public final class DirectoryWriter implements AutoCloseable {
  private static final int BUFFER = 128 * 1024;

  /** Below this, a hole costs more than the zeros. */
  private static final int HOLE = 4096;

  private static final byte[] ZEROS = new byte[BUFFER];

  private final Dir target;
  private final DirectoryFormat format;
  private final Ownership ownership;
  private final Directories directories;
  private final byte[] buffer = new byte[BUFFER];

  /** Overlay: the names that this layer deletes. Plain: all names that it has written. */
  private final Set<String> known = new HashSet<>();

  private long diskBytes;
  private long entries;

  private DirectoryWriter(Dir target, DirectoryFormat format) throws IOException {
    this.target = target;
    this.format = format;
    this.ownership = new Ownership();
    this.directories = new Directories(target, format, ownership);
  }

  /**
   * Writes all entries; the root's own entry, if there is one, sets the attributes of {@code
   * target}. Every path is resolved by the kernel below {@code target}; a later entry replaces an
   * earlier one of the same path, and directories are merged.
   *
   * @param target stays open. For the overlay formats, an empty directory
   * @throws dev.slipway.builder.failure.BuildException {@code IMAGE_INVALID} for a hostile entry,
   *     {@code DISK_FULL}
   */
  public static Unpacked write(Entries entries, Dir target, DirectoryFormat format)
      throws IOException {
    try (DirectoryWriter writer = new DirectoryWriter(target, format)) {
      entries.forEach(writer::visit);
      writer.directories.finish();
      return new Unpacked(
          writer.diskBytes,
          writer.entries,
          writer.directories.implied(),
          writer.directories.rootIsOpaque(),
          writer.ownership.unowned(),
          writer.ownership.skippedDevices(),
          writer.ownership.lostXattrs());
    }
  }

  private void visit(Entry entry) throws IOException {
    entries++;
    try {
      switch (entry) {
        case Entry.Directory directory -> directory(directory);
        case Entry.Node node -> node(node);
        case Entry.Whiteout(String path) -> whiteout(path);
        case Entry.Opaque(String path) -> opaque(path);
      }
    } catch (LinuxException e) {
      throw explained(e, entry.path());
    }
    if (format == DirectoryFormat.PLAIN) {
      known.add(entry.path());
    }
  }

  private IOException explained(LinuxException e, String path) {
    return switch (e.errno()) {
      case Errno.ENOSPC, Errno.EDQUOT ->
          throw new BuildException(
              ErrorCode.DISK_FULL,
              "no space is left on the disk of " + target + " to write " + path + " of a layer",
              e);
      case Errno.ENAMETOOLONG, Errno.ELOOP, Errno.EFBIG, Errno.EOVERFLOW ->
          throw new BuildException(
              ErrorCode.IMAGE_INVALID,
              "the layer has an entry that Linux cannot hold: " + path + ": " + e.getMessage(),
              e);
      default -> e;
    };
  }

  private void directory(Entry.Directory directory) throws IOException {
    String path = directory.path();
    if (!path.isEmpty()) {
      Dir parent = directories.parentOf(path);
      String name = name(path);
      try {
        parent.mkdir(name, 0700);
        diskBytes += HOLE;
      } catch (LinuxException e) {
        if (e.errno() != Errno.EEXIST) {
          throw e;
        }
        Stat there = parent.lstat(name);
        if (!there.isDirectory()) {
          parent.unlink(name);
          parent.mkdir(name, 0700);
          if (format != DirectoryFormat.PLAIN && known.contains(path)) {
            // Deleted and made anew: what lower layers have in it stays deleted.
            directories.setOpaque(path);
          }
        }
      }
    }
    directories.set(path, directory.attributes());
  }

  private void node(Entry.Node node) throws IOException {
    Dir parent = directories.parentOf(node.path());
    String name = name(node.path());
    try {
      make(node, parent, name);
    } catch (LinuxException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
      remove(parent, name, node.path());
      make(node, directories.parentOf(node.path()), name);
    }
  }

  private void make(Entry.Node node, Dir parent, String name) throws IOException {
    Attributes attributes = node.attributes();
    switch (node) {
      case Entry.File file -> file(file, parent, name);
      case Entry.HardLink link -> hardLink(link);
      case Entry.Symlink link -> {
        parent.symlink(link.target(), name);
        ownership.give(parent, name, link.path(), attributes, false);
      }
      case Entry.Device device -> device(device, parent, name);
      case Entry.Fifo fifo -> {
        parent.mknod(name, FileType.FIFO, 0600, 0, 0);
        ownership.give(parent, name, fifo.path(), attributes, true);
      }
      case Entry.Directory directory -> throw new IllegalStateException(directory.path());
    }
  }

  private void file(Entry.File entry, Dir parent, String name) throws IOException {
    try (OpenFile file = parent.create(name, ownership.creationMode(entry.attributes()))) {
      if (entry.size() > 0) {
        try (InputStream in = entry.content().open()) {
          copy(in, file, entry);
        }
      }
      ownership.give(file, entry.path(), entry.attributes());
    }
    diskBytes += (entry.size() + HOLE - 1) & -HOLE;
  }

  /** Runs of zeros become holes, so that a sparse file is sparse again. */
  private void copy(InputStream in, OpenFile file, Entry.File entry) throws IOException {
    long left = entry.size();
    boolean hole = false;
    while (left > 0) {
      if (in instanceof SparseMap.Expanded sparse) {
        long zeros = sparse.skipHole();
        if (zeros > 0) {
          left -= zeros;
          hole = true;
          continue;
        }
      }
      int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (n < 0) {
        throw new BuildException(
            ErrorCode.IO, entry.path() + " ended before its " + entry.size() + " bytes; try again");
      }
      left -= n;
      if (n >= HOLE && buffer[0] == 0 && Arrays.equals(buffer, 0, n, ZEROS, 0, n)) {
        hole = true;
      } else {
        if (hole) {
          file.seek(entry.size() - left - n);
          hole = false;
        }
        file.write(buffer, 0, n);
      }
    }
    if (hole) {
      file.truncate(entry.size());
    }
  }

  private void hardLink(Entry.HardLink link) throws IOException {
    if (link.target().equals(link.path())) {
      throw invalid("the hard link " + link.path() + " points at itself");
    }
    try {
      target.link(link.target(), link.path());
    } catch (LinuxException e) {
      switch (e.errno()) {
        case Errno.ENOENT, Errno.ENOTDIR, Errno.EPERM, Errno.EINVAL ->
            throw invalid(
                "the hard link "
                    + link.path()
                    + " points at "
                    + link.target()
                    + ", which is no file of this layer");
        default -> throw e;
      }
    }
  }

  private void device(Entry.Device device, Dir parent, String name) throws IOException {
    if (format != DirectoryFormat.PLAIN
        && device.type() == FileType.CHARACTER_DEVICE
        && device.major() == 0
        && device.minor() == 0) {
      // Overlayfs would take it for a deletion, and no driver answers to 0/0 anyway.
      ownership.skipDevice(device.path());
      return;
    }
    try {
      parent.mknod(name, device.type(), 0600, device.major(), device.minor());
    } catch (LinuxException e) {
      if (e.errno() != Errno.EPERM) {
        throw e;
      }
      ownership.skipDevice(device.path());
      return;
    }
    ownership.give(parent, name, device.path(), device.attributes(), true);
  }

  /** Deletions concern the layers below, never what this layer itself has at the same path. */
  private void whiteout(String path) throws IOException {
    if (path.isEmpty()) {
      throw invalid("it deletes the root");
    }
    if (format == DirectoryFormat.PLAIN) {
      if (known.contains(path)) {
        clear(path);
      } else {
        target.deleteRecursively(path);
        directories.forget(path);
      }
      return;
    }
    Dir parent = directories.parentOf(path);
    Stat there = parent.find(name(path));
    if (there == null) {
      parent.mknod(name(path), FileType.CHARACTER_DEVICE, 0, 0, 0);
      known.add(path);
    } else if (there.isDirectory()) {
      directories.setOpaque(path);
    }
  }

  private void opaque(String path) throws IOException {
    if (format == DirectoryFormat.PLAIN) {
      clear(path);
    } else {
      if (!path.isEmpty()) {
        directories.parentOf(path + "/x");
      }
      directories.setOpaque(path);
    }
  }

  /** Deletes what is in a directory, except what this layer has put there. */
  private void clear(String path) throws IOException {
    Stat there = target.find(path);
    if (there == null || !there.isDirectory()) {
      return;
    }
    try (Dir dir = target.openDirNoFollow(path)) {
      for (DirEntry child : dir.list()) {
        String childPath = path.isEmpty() ? child.name() : path + '/' + child.name();
        if (known.contains(childPath) || directories.isImplied(childPath)) {
          clear(childPath);
        } else {
          dir.deleteRecursively(child.name());
          directories.forget(childPath);
        }
      }
    }
  }

  /** Makes way for another object of the same name. */
  private void remove(Dir parent, String name, String path) throws IOException {
    Stat there = parent.find(name);
    if (there != null && there.isDirectory()) {
      parent.deleteRecursively(name);
      directories.forget(path);
    } else if (there != null) {
      parent.unlink(name);
      directories.forgetLinks();
    }
  }

  static BuildException invalid(String what) {
    return new BuildException(ErrorCode.IMAGE_INVALID, "the layer is invalid: " + what);
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  @Override
  public void close() {
    directories.close();
  }
}
