package dev.slipway.builder.layer;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Xattrs;

/**
 * What overlayfs notes in the extended attributes of an upper directory (Linux,
 * Documentation/filesystems/overlayfs.rst).
 */
final class OverlayXattrs {
  static final byte[] YES = {'y'};

  private OverlayXattrs() {}

  static boolean isOpaque(Xattrs all, DirectoryFormat format, String path) {
    if (all.isEmpty()) {
      return false;
    }
    refuseForeign(all, format, path);
    byte[] value = all.get(format.xattrPrefix() + "opaque");
    return value != null && value.length == 1 && value[0] == 'y';
  }

  /**
   * A redirected directory or a file without its data is only half here; the rest is found through
   * the lower layers. The sandbox mounts without both features, so this upper is not its own.
   */
  static void refuseForeign(Xattrs all, DirectoryFormat format, String path) {
    if (all.isEmpty()) {
      return;
    }
    for (String feature : new String[] {"redirect", "metacopy"}) {
      if (all.get(format.xattrPrefix() + feature) != null) {
        throw new BuildException(
            ErrorCode.UNSUPPORTED,
            "the overlay's upper directory uses "
                + feature
                + " at "
                + path
                + "; mount it with redirect_dir=off,metacopy=off");
      }
    }
  }
}
