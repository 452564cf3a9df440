package dev.slipway.builder.dockerfile;

import java.util.List;

/** What {@code RUN}, {@code CMD} and {@code ENTRYPOINT} execute. */
public sealed interface CommandLine {

  /** {@code ["program", "argument"]}: executed without a shell. An empty list is valid. */
  record ExecForm(List<String> arguments) implements CommandLine {
    public ExecForm {
      arguments = List.copyOf(arguments);
    }
  }

  /**
   * A line for the shell of the stage ({@code SHELL}, by default {@code /bin/sh -c}).
   *
   * @param line the text after the flags, continuation lines joined; may be empty
   * @param heredocs the documents that {@code line} announces, in order; only {@code RUN} has them
   */
  record ShellForm(String line, List<Heredoc> heredocs) implements CommandLine {
    public ShellForm {
      heredocs = List.copyOf(heredocs);
    }
  }
}
