package dev.slipway.builder.dockerfile;

/**
 * An inline document.
 *
 * @param name the delimiter without quotes; the file name where {@code COPY} or {@code ADD} takes
 *     it
 * @param expand whether variables in it are expanded by {@code COPY} and {@code ADD}: the delimiter
 *     was not quoted
 * @param stripTabs whether it was announced by {@code <<-}
 * @param fileDescriptor the number before {@code <<}, else 0
 * @param content the lines between announcement and delimiter as they stand in the file, each with
 *     its line end
 */
public record Heredoc(
    String name, boolean expand, boolean stripTabs, int fileDescriptor, String content) {

  /** The content with, for {@code <<-}, the leading tabs of each line removed. */
  public String text() {
    return stripTabs ? withoutLeadingTabs(content) : content;
  }

  /** The same document with its final text, of which nothing is stripped any more. */
  Heredoc withText(String text) {
    return new Heredoc(name, false, false, fileDescriptor, text);
  }

  private static String withoutLeadingTabs(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean lineStart = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (lineStart && c == '\t') {
        continue;
      }
      lineStart = c == '\n';
      out.append(c);
    }
    return out.toString();
  }
}
