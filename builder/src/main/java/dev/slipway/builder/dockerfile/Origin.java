package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.failure.Location;
import java.util.List;

/**
 * Where an instruction comes from.
 *
 * @param location its keyword's line and column, and its last line (that of a heredoc's end)
 * @param keyword the instruction's name as the user wrote it, so {@code run} stays {@code run}
 * @param source the instruction as progress shows it: continuation lines joined, comments inside
 *     dropped, the keyword in capitals, without the bodies of heredocs
 * @param comments the comments right above, without {@code #}
 * @param escape the escape character of the file it stands in
 */
public record Origin(
    Location location, String keyword, String source, List<String> comments, char escape) {
  private static final int SHOWN = 120;

  public Origin {
    comments = List.copyOf(comments);
  }

  /** A failure at this place, whose message shows the instruction. */
  BuildException failure(String message) {
    return failure(ErrorCode.DOCKERFILE_SYNTAX, message);
  }

  BuildException failure(ErrorCode code, String message) {
    String shown = source.length() <= SHOWN ? source : source.substring(0, SHOWN) + "...";
    return new BuildException(
        code,
        SourceText.printable(message)
            + "\n  "
            + location.line()
            + " | "
            + SourceText.printable(shown),
        location);
  }
}
