package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.failure.Location;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes a file apart into logical lines, and reads the directives at its top on the way. Used once,
 * by one thread.
 */
final class LineReader {
  private final SourceText source;
  private final DirectiveReader directives;
  private final List<String> comments = new ArrayList<>();
  private int position;

  LineReader(SourceText source) {
    this.source = source;
    this.directives = new DirectiveReader(source);
  }

  Directives directives() {
    return directives.result();
  }

  /** The next logical line, or null at the end. */
  @Nullable LogicalLine next() {
    while (position < source.lineCount()) {
      String line = withoutCarriageReturn(source.line(++position));
      int start = Space.skip(line, 0);
      if (directives.read(line, start, position)) {
        continue;
      }
      if (start == line.length()) {
        // The reference: an empty line keeps a comment from describing what follows.
        comments.clear();
      } else if (line.charAt(start) == '#') {
        comment(Space.trim(line.substring(start + 1)));
      } else {
        return join(line, start);
      }
    }
    return null;
  }

  private void comment(String text) {
    if (text.isEmpty()) {
      comments.clear();
    } else {
      comments.add(text);
    }
  }

  private LogicalLine join(String first, int start) {
    LogicalLine.Builder line = new LogicalLine.Builder(source);
    boolean open = append(line, first, start);
    while (open && position < source.lineCount()) {
      String next = withoutCarriageReturn(source.line(++position));
      int begin = Space.skip(next, 0);
      if (begin == next.length()) {
        line.empty(position);
      } else if (next.charAt(begin) != '#') {
        open = append(line, next, 0);
      }
    }
    LogicalLine joined = line.build(position, comments);
    comments.clear();
    return joined;
  }

  /** Appends a line without its continuation character; true if it had one. */
  private boolean append(LogicalLine.Builder builder, String line, int from) {
    char escape = directives.escape();
    int last = line.length() - 1;
    while (last >= from && (line.charAt(last) == ' ' || line.charAt(last) == '\t')) {
      last--;
    }
    // An escaped escape character at the end is a character, not a continuation.
    boolean open =
        last >= from
            && line.charAt(last) == escape
            && (last == from || line.charAt(last - 1) != escape);
    builder.append(line, from, open ? last : line.length(), position);
    return open;
  }

  /**
   * Reads the bodies of the documents that a line announces, in order, and returns them.
   *
   * @param place of the announcement
   */
  List<Heredoc> documents(List<Heredoc> announced, Location place) {
    List<Heredoc> documents = new ArrayList<>(announced.size());
    for (Heredoc heredoc : announced) {
      documents.add(
          new Heredoc(
              heredoc.name(),
              heredoc.expand(),
              heredoc.stripTabs(),
              heredoc.fileDescriptor(),
              body(heredoc, place)));
    }
    return documents;
  }

  private String body(Heredoc heredoc, Location place) {
    StringBuilder body = new StringBuilder();
    while (position < source.lineCount()) {
      String line = source.line(++position);
      String candidate = withoutCarriageReturn(line);
      if (heredoc.stripTabs()) {
        candidate = withoutLeadingTabs(candidate);
      }
      if (candidate.equals(heredoc.name())) {
        return body.toString();
      }
      body.append(line);
      if (source.ends(position)) {
        body.append('\n');
      }
    }
    throw source.failure(
        ErrorCode.DOCKERFILE_SYNTAX,
        "unterminated heredoc: no line holds just \"" + heredoc.name() + "\"",
        place);
  }

  /** The last line that was read. */
  int position() {
    return position;
  }

  private static String withoutLeadingTabs(String line) {
    int i = 0;
    while (i < line.length() && line.charAt(i) == '\t') {
      i++;
    }
    return line.substring(i);
  }

  private static String withoutCarriageReturn(String line) {
    int end = line.length();
    while (end > 0 && line.charAt(end - 1) == '\r') {
      end--;
    }
    return end == line.length() ? line : line.substring(0, end);
  }
}
