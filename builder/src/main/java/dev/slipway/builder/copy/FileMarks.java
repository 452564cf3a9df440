package dev.slipway.builder.copy;

import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A mark for each file, which changes with it: to say which file changed, never to decide whether
 * one did. So a cheap 64-bit hash does.
 */
final class FileMarks {
  private static final long SEED = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  /** How many names a path keeps where not every file is marked. */
  private static final int DEEPEST = 4;

  private FileMarks() {}

  /**
   * Marks files by their path.
   *
   * @param most if there are more files than this, directories are marked instead, as deep as fits
   */
  static Map<String, String> of(List<SelectedRoot> roots, ContentHashes contents, int most) {
    int nodes = roots.stream().mapToInt(root -> root.nodes().size()).sum();
    // Of very many files the paths are never put together.
    int depth = nodes > most ? DEEPEST : Integer.MAX_VALUE;
    Map<String, Long> marks = new HashMap<>();
    for (SelectedRoot root : roots) {
      if (root.archive().isPresent()) {
        ArchiveFile archive = root.archive().get();
        add(
            marks,
            cut(archive.path(), depth),
            mark(mark(SEED, contents.of(archive)), archive.path()));
        continue;
      }
      String directory = "";
      long sum = 0;
      for (Node node : root.nodes()) {
        // What is below a directory is told apart by itself.
        String path = root.directory() ? node.path() : root.name();
        // Neighbours mostly have the same one.
        if (!directory.endsWith("/") || !path.startsWith(directory)) {
          if (!directory.isEmpty()) {
            add(marks, directory, sum);
          }
          sum = 0;
          directory = cut(path.isEmpty() ? "." : path, depth);
        }
        sum += mark(mark(node, contents), path);
      }
      if (!directory.isEmpty()) {
        add(marks, directory, sum);
      }
    }
    for (int next = DEEPEST; marks.size() > most && next > 0; next--) {
      marks = directories(marks, next);
    }
    Map<String, String> shown = new HashMap<>();
    if (marks.size() <= most) {
      marks.forEach((path, mark) -> shown.put(path, HexFormat.of().toHexDigits(mark)));
    }
    return shown;
  }

  private static Map<String, Long> directories(Map<String, Long> deeper, int depth) {
    Map<String, Long> marks = new HashMap<>();
    deeper.forEach((path, mark) -> marks.merge(cut(path, depth), mark, Long::sum));
    return marks;
  }

  /** The sum does not depend on the order in which the files come. */
  private static void add(Map<String, Long> marks, String path, long mark) {
    marks.merge(path, mark, Long::sum);
  }

  /** At most so many names of a path, with a slash where more follow. */
  private static String cut(String path, int depth) {
    int end = -1;
    for (int names = 0; names < depth; names++) {
      end = path.indexOf('/', end + 1);
      if (end < 0) {
        return path;
      }
    }
    return path.substring(0, end + 1);
  }

  private static long mark(Node node, ContentHashes contents) {
    long mark = (SEED ^ node.type().bits()) * PRIME;
    mark = (mark ^ node.attributes().mode()) * PRIME;
    mark = (mark ^ node.attributes().uid()) * PRIME;
    mark = (mark ^ node.attributes().gid()) * PRIME;
    mark = mark(mark, node.target());
    return node.bytes() instanceof Node.Bytes.OfTree || node.bytes() instanceof Node.Bytes.Hashed
        ? mark(mark, contents.of(node.bytes()))
        : mark;
  }

  private static long mark(long before, Sha256 content) {
    return (before ^ content.first()) * PRIME;
  }

  private static long mark(long before, String text) {
    return (before ^ text.hashCode()) * PRIME;
  }
}
