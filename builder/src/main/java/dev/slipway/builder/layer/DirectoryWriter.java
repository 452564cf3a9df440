package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Dir;
import java.io.IOException;

/** Writes entries into a directory. */
public final class DirectoryWriter {
  private DirectoryWriter() {}

  /**
   * Writes all entries; the root's own entry, if there is one, sets the attributes of {@code
   * target}. Every path is resolved by the kernel below {@code target}; a later entry replaces an
   * earlier one of the same path, and directories are merged.
   *
   * @param target stays open
   * @throws dev.slipway.builder.failure.BuildException {@code IMAGE_INVALID} for a hostile entry,
   *     {@code DISK_FULL}
   */
  public static Unpacked write(Entries entries, Dir target, DirectoryFormat format)
      throws IOException {
    return Pending.yet();
  }
}
