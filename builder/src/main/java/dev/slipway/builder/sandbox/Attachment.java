package dev.slipway.builder.sandbox;

import dev.slipway.builder.linux.Descriptor;

/**
 * Something to mount in a root file system.
 *
 * @param target absolute, in the image
 * @param directory whether it is a directory
 * @param nested whether it lies in an earlier mount of the step, where its place is made
 */
record Attachment(What what, String target, boolean directory, boolean nested) {

  sealed interface What {}

  /** A detached mount. */
  record Tree(Descriptor mount) implements What {}

  /** A new tmpfs. */
  record Memory(long size) implements What {}
}
