package dev.slipway.builder.layer;

/** How deletions look in a directory. */
public enum DirectoryFormat {
  /** There are none: the directory holds files, and a whiteout is applied to what is there. */
  PLAIN(""),
  /** As overlayfs keeps them: character device 0/0, and {@code trusted.overlay.opaque}. */
  OVERLAY("trusted.overlay."),
  /** As overlayfs keeps them when mounted with {@code userxattr}, in a user namespace. */
  OVERLAY_USERXATTR("user.overlay.");

  private final String prefix;

  DirectoryFormat(String prefix) {
    this.prefix = prefix;
  }

  /** Where overlayfs keeps its extended attributes. */
  String xattrPrefix() {
    return prefix;
  }
}
