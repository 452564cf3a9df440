package dev.slipway.builder.cli;

import dev.slipway.builder.report.Event;
import dev.slipway.builder.report.JsonProgress;
import dev.slipway.builder.report.PlainProgress;
import dev.slipway.builder.report.Progress;
import dev.slipway.builder.report.TtyProgress;
import dev.slipway.builder.solve.Build;
import java.io.Console;
import java.io.PrintStream;
import java.util.List;

/** How a build is shown. Progress goes to standard error, results to standard output. */
final class ProgressOptions {

  enum Kind {
    auto,
    plain,
    tty,
    json,
    rawjson,
    quiet
  }

  private Kind kind = Kind.auto;
  private boolean quiet;

  void declare(Flags flags) {
    flags.choice(
        "--progress",
        "KIND",
        kind,
        "auto, plain, tty, json or quiet (default: ${DEFAULT-VALUE}).",
        value -> kind = value);
    flags.flag("-q, --quiet", "Show nothing but the image ID.", value -> quiet = value);
  }

  boolean quiet() {
    return quiet || kind == Kind.quiet;
  }

  Progress open() {
    if (quiet()) {
      return Progress.none();
    }
    return switch (kind) {
      case auto -> terminal() ? tty() : new PlainProgress(System.err);
      case tty -> tty();
      case plain -> new PlainProgress(System.err);
      case json, rawjson -> new JsonProgress(System.err);
      case quiet -> Progress.none();
    };
  }

  void summary(Build.Finished.Succeeded done) {
    if (kind == Kind.json || kind == Kind.rawjson) {
      return;
    }
    done.summary().forEach(System.err::println);
  }

  void failedStep(PrintStream err, Event.Step step, List<String> logTail) {
    if (kind == Kind.json || kind == Kind.rawjson) {
      return;
    }
    err.println("------");
    err.println(" > " + step.text() + ":");
    logTail.forEach(err::println);
    err.println("------");
  }

  private static TtyProgress tty() {
    int columns = 100;
    String declared = System.getenv("COLUMNS");
    if (declared != null && declared.matches("[0-9]{1,4}")) {
      columns = Integer.parseInt(declared);
    }
    return new TtyProgress(System.err, columns, System::nanoTime);
  }

  @SuppressWarnings("SystemConsoleNull") // null again since JDK 25 where nobody can type
  private static boolean terminal() {
    Console console = System.console();
    return console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
  }
}
