package dev.slipway.builder.copy;

import java.util.List;
import java.util.Optional;

/**
 * One match of one source: a file, or a directory whose contents are copied.
 *
 * @param name what a file is called when the destination is a directory
 * @param directory whether it is a directory, or an archive that is unpacked like one
 * @param nodes the file itself (path empty), or everything in the directory, parents first
 * @param archive the archive that the nodes are from
 */
record SelectedRoot(
    String name, boolean directory, List<Node> nodes, Optional<ArchiveFile> archive) {
  SelectedRoot {
    nodes = List.copyOf(nodes);
  }

  static SelectedRoot file(String name, Node node) {
    return new SelectedRoot(name, false, List.of(node), Optional.empty());
  }

  static SelectedRoot directory(List<Node> nodes) {
    return new SelectedRoot("", true, nodes, Optional.empty());
  }
}
