package dev.slipway.builder.copy;

import java.util.ArrayList;
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

  private FileMarks() {}

  /**
   * Marks files by their path.
   *
   * @param most if there are more files than this, directories are marked instead, as deep as fits
   */
  static Map<String, String> of(
      List<SelectedRoot> roots, Map<Node.Bytes, String> contents, int most) {
    Map<String, Long> files = new HashMap<>();
    for (SelectedRoot root : roots) {
      if (root.archive().isPresent()) {
        ArchiveFile archive = root.archive().get();
        add(
            files,
            archive.path(),
            mark(SEED, ContentHashes.hash(contents, ContentHashes.bytes(archive))));
        continue;
      }
      for (Node node : root.nodes()) {
        // What is below a directory is told apart by itself.
        String path = root.directory() ? node.path() : root.name();
        add(files, path.isEmpty() ? "." : path, mark(node, contents));
      }
    }
    Map<String, Long> shown = files;
    for (int depth = 4; shown.size() > most && depth > 0; depth--) {
      shown = directories(files, depth);
    }
    Map<String, String> marks = new HashMap<>();
    if (shown.size() <= most) {
      shown.forEach((path, mark) -> marks.put(path, HexFormat.of().toHexDigits(mark)));
    }
    return marks;
  }

  private static Map<String, Long> directories(Map<String, Long> files, int depth) {
    Map<String, Long> marks = new HashMap<>();
    files.forEach((path, mark) -> {
      List<String> parts = new ArrayList<>(List.of(path.split("/", -1)));
      String directory =
          parts.size() <= depth ? path : String.join("/", parts.subList(0, depth)) + "/";
      // The sum does not depend on the order in which the files come.
      add(marks, directory, mark(mark, path));
    });
    return marks;
  }

  private static void add(Map<String, Long> marks, String path, long mark) {
    marks.merge(path, mark, Long::sum);
  }

  private static long mark(Node node, Map<Node.Bytes, String> contents) {
    long mark = mark(SEED, node.type() + " " + node.attributes().mode());
    mark = mark(mark, node.attributes().uid() + " " + node.attributes().gid());
    mark = mark(mark, node.target());
    String content = contents.get(node.bytes());
    return content == null ? mark : mark(mark, content);
  }

  private static long mark(long before, String text) {
    long mark = before;
    for (int i = 0; i < text.length(); i++) {
      mark = (mark ^ text.charAt(i)) * PRIME;
    }
    return mark;
  }
}
