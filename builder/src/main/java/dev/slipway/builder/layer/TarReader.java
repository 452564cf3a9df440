package dev.slipway.builder.layer;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads ustar, PAX, GNU and old tars, with names and values as bytes, and sparse files of every GNU
 * format. What is malformed or hostile ends with {@code IMAGE_INVALID}.
 */
public final class TarReader {
  private TarReader() {}

  /** Opens the same tar again and again. */
  @FunctionalInterface
  public interface Source {
    InputStream open() throws IOException;
  }

  /**
   * The entries of the uncompressed tar of a layer, in its own order. The content of a file can be
   * read once, during its visit.
   */
  public static Entries layer(Source source) {
    return visitor -> {
      try (InputStream in = source.open()) {
        readLayer(in, visitor);
      }
    };
  }

  /**
   * The entries of any uncompressed tar: names that start with {@code .wh.} are names like others.
   */
  public static Entries archive(Source source) {
    return visitor -> {
      try (InputStream in = source.open()) {
        TarInput tar = new TarInput(in);
        for (Entry.Node node; (node = tar.next()) != null; ) {
          visitor.visit(node);
        }
      }
    };
  }

  static void readLayer(InputStream in, Entries.Visitor visitor) throws IOException {
    TarInput tar = new TarInput(in);
    for (Entry.Node node; (node = tar.next()) != null; ) {
      String path = node.path();
      int slash = path.lastIndexOf('/');
      if (!path.startsWith(TarWriter.WHITEOUT, slash + 1)) {
        visitor.visit(node);
        continue;
      }
      String rest = path.substring(slash + 1 + TarWriter.WHITEOUT.length());
      if (path.endsWith(TarWriter.OPAQUE) && rest.equals(".wh..opq")) {
        visitor.visit(new Entry.Opaque(slash < 0 ? "" : path.substring(0, slash)));
      } else if (rest.isEmpty() || rest.equals(".") || rest.equals("..")) {
        throw new BuildException(
            ErrorCode.IMAGE_INVALID, "the layer deletes a file that has no name: " + path);
      } else if (!rest.startsWith(TarWriter.WHITEOUT)) {
        visitor.visit(new Entry.Whiteout(path.substring(0, slash + 1) + rest));
      }
      // Else a note of aufs to itself (.wh..wh.plnk and the like), which says nothing of files.
    }
  }
}
