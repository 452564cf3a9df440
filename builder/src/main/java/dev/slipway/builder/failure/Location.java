package dev.slipway.builder.failure;

/**
 * A place in a file that the user wrote.
 *
 * @param file the name as the user knows it, usually {@code Dockerfile}
 * @param line the first line, counted from 1; 0 where only the file is known
 * @param column the first column, counted from 1; 0 where only the line is known
 * @param endLine the last line of the instruction, at least {@code line}
 */
public record Location(String file, int line, int column, int endLine) {

  public static Location of(String file) {
    return new Location(file, 0, 0, 0);
  }

  public static Location of(String file, int line) {
    return new Location(file, line, 0, line);
  }

  /** {@code file:line:column}, as editors and terminals make links of it. */
  @Override
  public String toString() {
    if (line == 0) {
      return file;
    }
    return column == 0 ? file + ":" + line : file + ":" + line + ":" + column;
  }
}
