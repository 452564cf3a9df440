package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Dir;

/** The entries of a directory: a tree of files, or the upper directory of an overlay. */
public final class DirectoryReader {
  private DirectoryReader() {}

  /**
   * All that is below {@code root}, without {@code root} itself. Sockets are left out: no archive
   * can hold them.
   *
   * @param root stays the caller's; must be open while the entries are read
   */
  public static Entries entries(Dir root, DirectoryFormat format) {
    return Pending.yet();
  }
}
