package dev.slipway.builder.copy;

import dev.slipway.builder.linux.Xattrs;

/**
 * Which extended attributes go with a copied file: file capabilities, and what belongs to users.
 * Labels of the machine's security module ({@code security.selinux}), overlayfs's own marks and
 * ACLs that name the machine's users do not.
 */
final class KeptXattrs {
  private KeptXattrs() {}

  static Xattrs of(Xattrs all) {
    return all.filter(name ->
        name.equals("security.capability")
            || (name.startsWith("user.") && !name.startsWith("user.overlay.")));
  }
}
