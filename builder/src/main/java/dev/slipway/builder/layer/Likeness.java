package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Stat;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Whether two objects of the same name are alike, in what a layer records of them. */
final class Likeness {
  private static final int BUFFER = 1 << 16;

  private Likeness() {}

  /** In type, mode, owner, extended attributes and content; what is in a directory is not asked. */
  static boolean butForTime(Dir before, Stat then, Dir after, Stat now, String name)
      throws IOException {
    if (then.type() != now.type()
        || then.uid() != now.uid()
        || then.gid() != now.gid()
        || then.mode() != now.mode()
        || (then.isRegular() && then.size() != now.size())
        || !XattrPolicy.image(before.xattrs(name)).equals(XattrPolicy.image(after.xattrs(name)))) {
      return false;
    }
    return switch (now.type()) {
      case DIRECTORY, SOCKET, FIFO -> true;
      case SYMLINK -> before.readlink(name).equals(after.readlink(name));
      case CHARACTER_DEVICE, BLOCK_DEVICE ->
          then.devMajor() == now.devMajor() && then.devMinor() == now.devMinor();
      case REGULAR -> sameContent(before, after, name);
    };
  }

  private static boolean sameContent(Dir before, Dir after, String name) throws IOException {
    byte[] left = new byte[BUFFER];
    byte[] right = new byte[BUFFER];
    try (InputStream a = before.openFileNoFollow(name).inputStream();
        InputStream b = after.openFileNoFollow(name).inputStream()) {
      while (true) {
        int read = a.readNBytes(left, 0, left.length);
        int other = b.readNBytes(right, 0, right.length);
        if (read != other || !Arrays.equals(left, 0, read, right, 0, read)) {
          return false;
        }
        if (read == 0) {
          return true;
        }
      }
    }
  }
}
