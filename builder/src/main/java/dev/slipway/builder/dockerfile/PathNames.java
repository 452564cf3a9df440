package dev.slipway.builder.dockerfile;

import java.util.ArrayDeque;
import java.util.Deque;

/** Path names as text, by the rules of Go's {@code path}: the ids of mounts are made this way. */
final class PathNames {
  private PathNames() {}

  /** The shortest equivalent name, {@code .} for nothing. */
  static String clean(String path) {
    boolean rooted = path.startsWith("/");
    Deque<String> parts = new ArrayDeque<>();
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".")) {
        continue;
      }
      if (!part.equals("..")) {
        parts.addLast(part);
      } else if (!parts.isEmpty() && !parts.getLast().equals("..")) {
        parts.removeLast();
      } else if (!rooted) {
        parts.addLast(part);
      }
    }
    String joined = (rooted ? "/" : "") + String.join("/", parts);
    return joined.isEmpty() ? "." : joined;
  }

  /** The last element. */
  static String base(String path) {
    String clean = clean(path);
    return clean.equals("/") ? clean : clean.substring(clean.lastIndexOf('/') + 1);
  }
}
