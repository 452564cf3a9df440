package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.DirEntry;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.source.IgnorePatterns;
import dev.slipway.builder.source.IgnorePatterns.Match;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
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
  private final NodeReaders readers;

  /** In the order of the walk; null is not read yet, or was gone when it should have been. */
  private final List<@Nullable Node> nodes = new ArrayList<>();

  /** Batches whose nodes are not there yet, in the order of the walk. */
  private final Deque<Batch> started = new ArrayDeque<>();

  private Batch batch = new Batch();

  /** Directories on the way down that were not selected, and are not yet needed. */
  private final List<Node> waiting = new ArrayList<>();

  /**
   * A walk.
   *
   * @param excludes what is left out, relative to the directory
   * @param includes the only things to take, relative to the directory; null is everything
   * @param source a number for the source of the instruction: hard links do not span several
   * @param readers read the files while the walk goes on
   */
  TreeWalk(
      SourceTree tree,
      IgnorePatterns excludes,
      @Nullable IgnorePatterns includes,
      int source,
      NodeReaders readers) {
    this.tree = tree;
    this.excludes = excludes;
    this.includes = includes;
    this.source = source;
    this.readers = readers;
  }

  /** How the patterns stand at a directory. */
  private record State(Match ignored, Match excluded, Match included) {}

  /**
   * Everything selected below {@code path}, without the directory itself.
   *
   * @param ignored the answer of the ignore file for {@code path}
   */
  List<Node> below(String path, Match ignored) throws IOException {
    try (WalkedDirectory directory = open(tree.root(), path.isEmpty() ? "." : path, path)) {
      walk(directory, "", new State(ignored, Match.ROOT, Match.ROOT));
    }
    readers.finish(batch);
    started.add(batch);
    collect(true);
    return nodes.stream().filter(Objects::nonNull).toList();
  }

  private WalkedDirectory open(Dir parent, String name, String path) throws IOException {
    return new WalkedDirectory(
        new NodeReader.Place(tree, source, parent.openDirNoFollow(name), path));
  }

  private void walk(WalkedDirectory directory, String relative, State state) throws IOException {
    Dir dir = directory.place().dir();
    String at = directory.place().path();
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
      if (taken && known == FileType.REGULAR) {
        file(directory, name, shown);
        continue;
      }
      Stat stat = dir.find(name);
      if (stat == null) {
        continue; // gone since it was listed
      }
      if (stat.isDirectory()) {
        if (taken || mayHoldMore(path, shown, own)) {
          directory(directory, name, path, shown, stat, own, taken);
        }
      } else if (taken && stat.isRegular()) {
        file(directory, name, shown);
      } else if (taken) {
        takenAt(NodeReader.unread(directory.place(), name, shown, stat));
      }
    }
  }

  private void file(WalkedDirectory directory, String name, String shown) throws IOException {
    batch.add(directory, name, shown, takenAt(null));
    if (batch.isFull()) {
      readers.start(batch);
      started.add(batch);
      batch = new Batch();
      collect(false);
    }
  }

  /** Takes the nodes of the batches that are read; of all, where it is to wait. */
  private void collect(boolean wait) throws IOException {
    try {
      while (!started.isEmpty() && (wait || started.getFirst().isDone())) {
        started.removeFirst().putInto(nodes);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildException(ErrorCode.CANCELLED, "reading the sources was cancelled", e);
    }
  }

  private void directory(
      WalkedDirectory parent,
      String name,
      String path,
      String shown,
      Stat stat,
      State own,
      boolean taken)
      throws IOException {
    Node node = NodeReader.unread(parent.place(), name, shown, stat);
    int mark = waiting.size();
    if (taken) {
      takenAt(node);
    } else {
      waiting.add(node);
    }
    try (WalkedDirectory child = open(parent.place().dir(), name, path)) {
      walk(child, shown, own);
    }
    while (waiting.size() > mark) {
      waiting.removeLast();
    }
  }

  /** Takes a node, or keeps its place; answers where that is. */
  private int takenAt(@Nullable Node node) {
    nodes.addAll(waiting);
    waiting.clear();
    nodes.add(node);
    return nodes.size() - 1;
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
}
