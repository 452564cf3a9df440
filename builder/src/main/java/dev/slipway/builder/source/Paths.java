package dev.slipway.builder.source;

import java.util.ArrayDeque;
import java.util.Deque;

/** Path arithmetic on text, as Go's {@code path} package does it. No file is looked at. */
public final class Paths {
  private Paths() {}

  /**
   * The shortest path that means the same as text: no empty, {@code .} or inner {@code ..}
   * elements, no trailing slash; {@code ..} at the root of an absolute path is dropped; {@code .}
   * for the empty path.
   */
  public static String clean(String path) {
    boolean rooted = path.startsWith("/");
    Deque<String> out = new ArrayDeque<>();
    for (String element : path.split("/", -1)) {
      switch (element) {
        case "", "." -> {}
        case ".." -> {
          if (!out.isEmpty() && !out.getLast().equals("..")) {
            out.removeLast();
          } else if (!rooted) {
            out.addLast("..");
          }
        }
        default -> out.addLast(element);
      }
    }
    String joined = String.join("/", out);
    if (rooted) {
      return "/" + joined;
    }
    return joined.isEmpty() ? "." : joined;
  }

  /**
   * {@code path} below a root: cleaned as if absolute, so that no {@code ..} leaves it, and without
   * the leading slash. The root itself is the empty string.
   */
  public static String rooted(String path) {
    return clean("/" + path).substring(1);
  }
}
