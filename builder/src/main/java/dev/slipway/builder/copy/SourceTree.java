package dev.slipway.builder.copy;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.source.IgnorePatterns;

/**
 * A tree of files that COPY and ADD take from. The descriptor stays the caller's, and stays open
 * until the last entry was read.
 *
 * @param root what a source path is relative to, and never leaves: the kernel resolves below it
 * @param ignore what is hidden, relative to {@code root}
 * @param keepsOwners whether files keep their owner (a stage, an image); otherwise they are 0:0
 * @param name for messages, such as "the build context" or "stage builder"
 */
public record SourceTree(Dir root, IgnorePatterns ignore, boolean keepsOwners, String name) {

  /** A build context: owners are those of the machine and mean nothing in an image. */
  public static SourceTree context(Dir root, IgnorePatterns ignore) {
    return new SourceTree(root, ignore, false, "the build context");
  }

  /** The root file system of a stage or image. */
  public static SourceTree rootfs(Dir root, String name) {
    return new SourceTree(root, IgnorePatterns.none(), true, name);
  }
}
