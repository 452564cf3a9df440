package dev.slipway.builder.solve;

import dev.slipway.builder.copy.Accounts;
import dev.slipway.builder.copy.CopyItem;
import dev.slipway.builder.copy.CopyPlan;
import dev.slipway.builder.copy.CopySpec;
import dev.slipway.builder.copy.FileHashes;
import dev.slipway.builder.copy.Lookup;
import dev.slipway.builder.copy.Selection;
import dev.slipway.builder.copy.SourceTree;
import dev.slipway.builder.failure.Location;
import dev.slipway.builder.layer.DirectoryFormat;
import dev.slipway.builder.layer.DirectoryWriter;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.source.IgnorePatterns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Parts of a tree for bind mounts: their digest, and copies without what is ignored. */
final class ContextTrees {
  private ContextTrees() {}

  /** Names the content of {@code path} in the tree. */
  static String digest(Trees.Tree tree, String path, Location location) {
    try {
      return select(tree, path, location).digest(new FileHashes());
    } catch (IOException e) {
      throw StageBuilder.unexpected(e);
    }
  }

  /** Copies {@code path} of the tree to the same path below {@code target}. */
  static void copy(Trees.Tree tree, String path, Path target, Location location)
      throws IOException {
    Path place = path.isEmpty() ? target : target.resolve(path);
    if (tree.root().stat(path).isDirectory()) {
      copyInto(tree, path, Files.createDirectories(place), location);
    } else {
      copyInto(tree, path, Files.createDirectories(place.resolveSibling("")), location);
    }
  }

  /** Copies the contents of {@code path}, or {@code path} itself where it is a file. */
  static void copyInto(Trees.Tree tree, String path, Path target, Location location)
      throws IOException {
    try (Dir to = Dir.open(target)) {
      CopyPlan plan = CopyPlan.of(select(tree, path, location), Lookup.EMPTY, Accounts.NONE);
      DirectoryWriter.write(plan.entries(), to, DirectoryFormat.PLAIN);
    }
  }

  private static Selection select(Trees.Tree tree, String path, Location location)
      throws IOException {
    SourceTree source =
        tree.ignore()
            .map(ignore -> SourceTree.context(tree.root(), ignore))
            .orElseGet(() -> SourceTree.rootfs(tree.root(), "the source of the mount"));
    CopySpec spec =
        new CopySpec(
            List.of(new CopyItem.Path(source, path.isEmpty() ? "." : path, false)),
            "/",
            "/",
            Optional.empty(),
            Optional.empty(),
            IgnorePatterns.none(),
            false,
            true,
            location);
    return Selection.of(spec);
  }
}
