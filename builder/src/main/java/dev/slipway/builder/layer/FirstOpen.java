package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.OpenFile;
import dev.slipway.builder.linux.Xattrs;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** A file that is opened for its attributes, and given to the first who wants to read it. */
final class FirstOpen implements Content, AutoCloseable {
  private final Dir parent;
  private final String name;
  private @Nullable OpenFile file;

  FirstOpen(Dir parent, String name) throws LinuxException {
    this.parent = parent;
    this.name = name;
    try {
      file = parent.openKnownFile(name);
    } catch (LinuxException e) {
      // Perhaps nobody wants to read it; if somebody does, the second try says the same.
      if (e.errno() != Errno.EACCES && e.errno() != Errno.EPERM) {
        throw e;
      }
    }
  }

  Xattrs xattrs() throws LinuxException {
    return file == null ? parent.xattrs(name) : file.xattrs();
  }

  @Override
  public InputStream open() throws LinuxException {
    OpenFile first = file;
    file = null;
    return (first == null ? parent.openKnownFile(name) : first).inputStream();
  }

  @Override
  public void close() {
    if (file != null) {
      file.close();
    }
  }
}
