package dev.slipway.builder.copy;

/** One source of a COPY or ADD, in the order of the instruction. */
public sealed interface CopyItem {

  /**
   * Files of a tree by a path or pattern (Go's filepath.Match). A directory stands for its
   * contents; symbolic links in the path, the last component included, are followed inside the
   * tree.
   *
   * @param unpack whether a file that is an archive stands for its contents (ADD)
   */
  record Path(SourceTree tree, String pattern, boolean unpack) implements CopyItem {}

  /**
   * A downloaded file.
   *
   * @param file its exact name in the tree
   * @param name what it is called where the destination is a directory
   * @param unpack whether an archive stands for its contents
   */
  record Download(SourceTree tree, String file, String name, boolean unpack) implements CopyItem {}

  /** Everything in a tree: a Git repository of ADD. */
  record All(SourceTree tree) implements CopyItem {}

  /** A document that stands in the Dockerfile itself; mode 0644. */
  record Inline(String name, String text) implements CopyItem {}
}
