package dev.slipway.builder.sandbox;

import java.nio.file.Path;

/**
 * A writable view: the root file system of a stage while one step works on it.
 *
 * <p>Life: {@link Sandbox#mount}, then {@link Sandbox#run} or writes through {@link #dir}, then
 * {@link #seal}. One step at a time; views of other stages are independent.
 */
public sealed interface Rootfs extends View permits OverlayRootfs, ChrootRootfs {

  /**
   * Ends the view and returns the directory with exactly the changes since {@link Sandbox#mount},
   * in the format of an overlay upper directory: whiteouts are character devices 0/0, opaque
   * directories carry the xattr {@code user.overlay.opaque=y}. Mount points and stubs that the
   * sandbox made are not in it.
   *
   * @throws dev.slipway.builder.failure.BuildException if the changes cannot be read
   */
  Path seal();
}
