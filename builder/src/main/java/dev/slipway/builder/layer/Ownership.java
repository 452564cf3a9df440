package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.OpenFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives new objects their owner, mode, attributes and time, and remembers what this process was not
 * allowed to do: in a user namespace with a single id, almost nothing.
 */
final class Ownership {
  /** Lists in results stay readable; beyond this, only the first names are kept. */
  private static final int LISTED = 1000;

  private final int umask;
  private final long euid;
  private final long egid;
  private final List<String> skippedDevices = new ArrayList<>();
  private final List<String> lostXattrs = new ArrayList<>();
  private long unowned;

  Ownership() throws IOException {
    int mask = 077;
    long uid = -1;
    long gid = -1;
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      String[] words = line.split("\\s+", -1);
      switch (words[0]) {
        case "Umask:" -> mask = Integer.parseInt(words[1], 8);
        // Real, effective, saved, of the file system: new files get the last.
        case "Uid:" -> uid = Long.parseLong(words[4]);
        case "Gid:" -> gid = Long.parseLong(words[4]);
        default -> {}
      }
    }
    umask = mask;
    euid = uid;
    egid = gid;
  }

  /** The mode to make a file with. */
  int creationMode(Attributes a) {
    return a.mode() & 0777;
  }

  void give(OpenFile file, String path, Attributes a) throws LinuxException {
    if (a.uid() != euid || a.gid() != egid) {
      try {
        file.chown(a.uid(), a.gid());
      } catch (LinuxException e) {
        forgive(e);
      }
    }
    if ((a.mode() & (07000 | umask)) != 0) {
      file.chmod(a.mode());
    }
    for (String name : a.xattrs().names()) {
      try {
        file.setXattr(name, value(a, name));
      } catch (LinuxException e) {
        lose(e, path);
      }
    }
    file.setTimes(a.mtime(), 0);
  }

  /**
   * As {@link #give(OpenFile, String, Attributes)}, for what is not opened.
   *
   * @param hasMode false for a symbolic link
   */
  void give(Dir parent, String name, String path, Attributes a, boolean hasMode)
      throws LinuxException {
    if (a.uid() != euid || a.gid() != egid) {
      try {
        parent.chown(name, a.uid(), a.gid());
      } catch (LinuxException e) {
        forgive(e);
      }
    }
    if (hasMode) {
      parent.chmod(name, a.mode());
    }
    for (String attribute : a.xattrs().names()) {
      try {
        parent.setXattr(name, attribute, value(a, attribute));
      } catch (LinuxException e) {
        lose(e, path);
      }
    }
    parent.setTimes(name, a.mtime(), 0);
  }

  private static byte[] value(Attributes a, String name) {
    byte[] value = a.xattrs().get(name);
    return value == null ? new byte[0] : value;
  }

  /** EINVAL: the owner has no number in this user namespace. */
  private void forgive(LinuxException e) throws LinuxException {
    if (e.errno() != Errno.EPERM && e.errno() != Errno.EINVAL) {
      throw e;
    }
    unowned++;
  }

  private void lose(LinuxException e, String path) throws LinuxException {
    if (e.errno() != Errno.EPERM && e.errno() != Errno.EOPNOTSUPP && e.errno() != Errno.EINVAL) {
      throw e;
    }
    if (lostXattrs.size() < LISTED && !lostXattrs.contains(path)) {
      lostXattrs.add(path);
    }
  }

  void skipDevice(String path) {
    if (skippedDevices.size() < LISTED) {
      skippedDevices.add(path);
    }
  }

  long unowned() {
    return unowned;
  }

  List<String> skippedDevices() {
    return skippedDevices;
  }

  List<String> lostXattrs() {
    return lostXattrs;
  }
}
