package dev.slipway.builder.copy;

import dev.slipway.builder.linux.Stat;
import java.util.List;

/**
 * One match of one source: a file, or a directory whose contents are copied.
 *
 * @param tree where it is
 * @param name what a file is called when the destination is a directory
 * @param directory whether it is a directory
 * @param nodes the file itself (path empty), or everything in the directory, parents first
 * @param unpack whether the file is an archive to be unpacked
 */
record SelectedRoot(
    SourceTree tree, String name, boolean directory, List<Node> nodes, boolean unpack) {
  SelectedRoot {
    nodes = List.copyOf(nodes);
  }

  /**
   * @param path relative to the root of the match; empty for a file that was named itself
   * @param source the path in the tree
   * @param stat what it is
   * @param target of a symbolic link
   */
  record Node(String path, String source, Stat stat, String target) {}
}
