package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.solve.Build;
import dev.slipway.builder.solve.FailedStage;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code --on-error}: what becomes of the stage whose step failed. */
final class OnErrorOptions {
  enum Mode {
    fail,
    shell,
    keep
  }

  private Mode mode = Mode.fail;
  private String name = "last";
  private @Nullable String hint;

  void declare(Flags flags) {
    flags.choice(
        "--on-error",
        "MODE",
        mode,
        "When a step fails: fail (the default), shell (open one in the stage as it was before the"
            + " step; needs a terminal), keep (the stage, for slipway debug).",
        value -> mode = value);
    flags.text(
        "--keep-as",
        "NAME",
        name,
        "With --on-error=keep: the name to keep the stage under (default: ${DEFAULT-VALUE}).",
        value -> name = value);
    flags.text(
        "--debug-hint",
        "TEXT",
        "With --on-error=keep: the command to print by which to look at it.",
        value -> hint = value);
  }

  /**
   * What the build is to do with a failed stage.
   *
   * @param report shows a failure, and may be called again
   * @throws BuildException USAGE where a shell is wanted and there is no terminal
   */
  Optional<FailedStage.Handler> handler(Consumer<Build.Finished.Failed> report) {
    return switch (mode) {
      case fail -> Optional.empty();
      case shell -> {
        requireTerminal();
        yield Optional.of((failure, stage) -> shell(failure, stage, report));
      }
      case keep ->
          Optional.of((failure, stage) -> {
            report.accept(failure);
            stage.keep(name);
            System.err.println(
                "The failed stage is kept. Look at it with: "
                    + (hint == null ? "slipway debug" : hint));
          });
    };
  }

  /**
   * What {@code slipway hold} waits for, where the stage is to be kept. Held until the JVM ends.
   */
  void announce(Path store) {
    if (mode == Mode.keep) {
      KeptBuild.begin(store, name);
    }
  }

  @SuppressWarnings("SystemConsoleNull") // null again since JDK 25 where nobody can type
  private static void requireTerminal() {
    if (System.console() == null || !System.console().isTerminal()) {
      throw new BuildException(
          ErrorCode.USAGE,
          "--on-error=shell needs a terminal on standard input and output, and there is none; use"
              + " --on-error=keep, and slipway debug afterwards");
    }
  }

  private static void shell(
      Build.Finished.Failed failure, FailedStage stage, Consumer<Build.Finished.Failed> report)
      throws InterruptedException {
    report.accept(failure);
    System.err.println();
    System.err.printf(
        Locale.ROOT,
        "This is the stage as it was before %s%n",
        failure.step().map(step -> step.text()).orElse("the step"));
    stage
        .command()
        .ifPresent(argv -> System.err.println("The command was: " + String.join(" ", argv)));
    System.err.println("Changes are lost when the shell ends, and the build has failed.");
    try {
      stage.shell();
    } catch (BuildException e) {
      System.err.println("ERROR: " + ErrorText.of(e));
    }
  }
}
