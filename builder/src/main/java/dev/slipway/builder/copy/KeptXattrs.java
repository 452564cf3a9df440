package dev.slipway.builder.copy;

import dev.slipway.builder.layer.XattrPolicy;
import dev.slipway.builder.linux.Xattrs;

/** Which extended attributes go with a copied file. */
final class KeptXattrs {
  private KeptXattrs() {}

  /** From a stage or image: all that an image has. */
  static Xattrs ofImage(Xattrs all) {
    return XattrPolicy.image(all);
  }

  /**
   * From a context: file capabilities, and what programs set. Access control lists name users of
   * the machine, who mean nothing in an image.
   */
  static Xattrs ofContext(Xattrs all) {
    return all.isEmpty()
        ? all
        : XattrPolicy.image(all)
            .filter(name -> name.equals("security.capability") || name.startsWith("user."));
  }
}
