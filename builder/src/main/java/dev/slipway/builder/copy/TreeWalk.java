package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.DirEntry;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.OpenFile;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.linux.Xattrs;
import dev.slipway.builder.source.IgnorePatterns;
import dev.slipway.builder.source.IgnorePatterns.Match;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects what is in a directory of a source tree, in the order of its names. A directory that is
 * not selected itself, but has something below it that is, is taken along just before that: so do
 * BuildKit's ignore files, {@code --exclude} with exceptions, and {@code --parents}.
 */
final class TreeWalk {
  /** PATH_MAX: the kernel opens nothing by a longer path. */
  private static final int MAX_PATH = 4096;

  private final SourceTree tree;
  private final IgnorePatterns excludes;
  private final @Nullable IgnorePatterns includes;
  private final int source;
  private final SmallFiles small;
  private final List<Node> nodes = new ArrayList<>();

  /** Directories on the way down that were not selected, and are not yet needed. */
  private final List<Node> waiting = new ArrayList<>();

  /**
   * A walk.
   *
   * @param excludes what is left out, relative to the directory
   * @param includes the only things to take, relative to the directory; null is everything
   * @param source a number for the source of the instruction: hard links do not span several
   * @param small reads the small files
   */
  TreeWalk(
      SourceTree tree,
      IgnorePatterns excludes,
      @Nullable IgnorePatterns includes,
      int source,
      SmallFiles small) {
    this.tree = tree;
    this.excludes = excludes;
    this.includes = includes;
    this.source = source;
    this.small = small;
  }

  /** How the patterns stand at a directory. */
  private record State(Match ignored, Match excluded, Match included) {}

  /**
   * Everything selected below {@code path}, without the directory itself.
   *
   * @param ignored the answer of the ignore file for {@code path}
   */
  List<Node> below(String path, Match ignored) throws IOException {
    try (Dir dir = tree.root().openDirNoFollow(path.isEmpty() ? "." : path)) {
      walk(dir, path, "", new State(ignored, Match.ROOT, Match.ROOT));
    }
    return nodes;
  }

  private void walk(Dir dir, String at, String relative, State state) throws IOException {
    for (DirEntry entry : dir.list()) {
      String name = entry.name();
      String path = FileName.join(at, name);
      String shown = FileName.join(relative, name);
      if (path.length() >= MAX_PATH) {
        throw new BuildException(
            ErrorCode.CONTEXT_INVALID,
            "a path in " + tree.name() + " is longer than Linux can open: " + path);
      }
      State own =
          new State(
              tree.ignore().match(path, state.ignored),
              excludes.match(shown, state.excluded),
              includes == null ? Match.ROOT : includes.match(shown, state.included));
      boolean out = own.ignored.matched() || own.excluded.matched();
      boolean taken = !out && (includes == null || own.included.matched());
      FileType known = entry.type();
      if (!taken && known != null && known != FileType.DIRECTORY) {
        continue;
      }
      if (!taken && known == FileType.DIRECTORY && !mayHoldMore(path, shown, own)) {
        continue;
      }
      Stat stat = dir.find(name);
      if (stat == null) {
        continue; // gone since it was listed
      }
      if (!stat.isDirectory()) {
        if (taken) {
          take(node(dir, name, path, shown, stat));
        }
      } else if (taken || mayHoldMore(path, shown, own)) {
        directory(dir, name, path, shown, stat, own, taken);
      }
    }
  }

  private void directory(
      Dir dir, String name, String path, String shown, Stat stat, State own, boolean taken)
      throws IOException {
    Node node = node(dir, name, path, shown, stat);
    int mark = waiting.size();
    if (taken) {
      take(node);
    } else {
      waiting.add(node);
    }
    try (Dir child = dir.openDirNoFollow(name)) {
      walk(child, path, shown, own);
    }
    while (waiting.size() > mark) {
      waiting.removeLast();
    }
  }

  private void take(Node node) {
    nodes.addAll(waiting);
    waiting.clear();
    nodes.add(node);
  }

  /** Whether something below a directory that is not taken itself may be. */
  private boolean mayHoldMore(String path, String shown, State state) {
    if (state.ignored.matched() && tree.ignore().prunes(path)) {
      return false;
    }
    if (state.excluded.matched() && excludes.prunes(shown)) {
      return false;
    }
    return includes == null || state.included.matched() || includes.reaches(shown);
  }

  /** The node of {@code name} in {@code dir}. */
  Node node(Dir dir, String name, String path, String shown, Stat stat) throws IOException {
    if (stat.isRegular() && SmallFiles.isSmall(stat.size())) {
      try (OpenFile file = dir.openKnownFile(name)) {
        Node.Bytes bytes = small.read(file, (int) stat.size(), tree, path);
        return node(dir, name, shown, stat, file.xattrs(), bytes);
      }
    }
    boolean filled = stat.isRegular() && stat.size() > 0;
    Node.Bytes bytes = filled ? new Node.Bytes.OfTree(tree, path, stat) : Node.NO_BYTES;
    return node(dir, name, shown, stat, dir.xattrs(name), bytes);
  }

  private Node node(Dir dir, String name, String shown, Stat stat, Xattrs xattrs, Node.Bytes bytes)
      throws IOException {
    String target = stat.isSymlink() ? dir.readlink(name) : "";
    boolean linked = stat.isRegular() && stat.nlink() > 1;
    return new Node(
        shown,
        // A socket is copied as an empty file, as BuildKit does: no layer can hold one.
        stat.type() == FileType.SOCKET ? FileType.REGULAR : stat.type(),
        attributes(stat, xattrs),
        target,
        stat.devMajor(),
        stat.devMinor(),
        stat.isRegular() ? stat.size() : 0,
        linked ? new Node.Link(source, stat.dev(), stat.ino()) : null,
        bytes);
  }

  private Attributes attributes(Stat stat, Xattrs xattrs) {
    return tree.keepsOwners()
        ? new Attributes(
            stat.mode(), stat.uid(), stat.gid(), stat.mtimeSeconds(), KeptXattrs.ofImage(xattrs))
        : new Attributes(stat.mode(), 0, 0, stat.mtimeSeconds(), KeptXattrs.ofContext(xattrs));
  }
}
