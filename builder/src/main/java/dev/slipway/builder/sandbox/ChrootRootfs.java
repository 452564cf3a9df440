package dev.slipway.builder.sandbox;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import java.io.IOException;
import java.nio.file.Path;

/** A tree that a step has for itself. */
final class ChrootRootfs implements Rootfs {
  private static final String UPPER = "upper";

  private final RootTrees trees;
  private final RootTree tree;
  private final Path scratch;
  private boolean closed;

  ChrootRootfs(RootTrees trees, RootTree tree, Path scratch) {
    this.trees = trees;
    this.tree = tree;
    this.scratch = scratch;
  }

  @Override
  public Dir dir() {
    return tree.root();
  }

  RootTree tree() {
    return tree;
  }

  @Override
  public synchronized Path seal() {
    Path upper = scratch.resolve(UPPER);
    if (!closed) {
      closed = true;
      boolean whole = false;
      try (Dir dir = Dir.open(scratch)) {
        dir.mkdir(UPPER, 0755);
        tree.take(upper);
        whole = true;
      } catch (IOException e) {
        throw new BuildException(
            ErrorCode.IO, "cannot take the changes of a step: " + e.getMessage(), e);
      } finally {
        if (whole) {
          trees.giveBack(tree);
        } else {
          trees.drop(tree);
        }
      }
    }
    return upper;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      trees.drop(tree);
    }
  }
}
