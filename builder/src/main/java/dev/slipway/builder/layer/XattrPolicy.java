package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Xattrs;

/** Which extended attributes belong to an image, and which to the machine that it was built on. */
public final class XattrPolicy {
  private XattrPolicy() {}

  /**
   * Those that an image keeps: what programs set ({@code user.}), file capabilities, access control
   * lists, and {@code trusted.} but for overlayfs. The labels of security modules describe this
   * machine's policy, and integrity signatures its keys.
   */
  public static Xattrs image(Xattrs all) {
    return all.isEmpty() ? all : all.filter(XattrPolicy::belongs);
  }

  static boolean belongs(String name) {
    if (name.startsWith("user.")) {
      return !name.startsWith("user.overlay.");
    }
    if (name.startsWith("trusted.")) {
      return !name.startsWith("trusted.overlay.");
    }
    return name.equals("security.capability")
        || name.equals("system.posix_acl_access")
        || name.equals("system.posix_acl_default");
  }
}
