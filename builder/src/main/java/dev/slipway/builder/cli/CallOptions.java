package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.solve.Call;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code --call} and {@code --check}: a question in place of a build. */
final class CallOptions {
  private @Nullable String call;
  private boolean check;

  void declare(Flags flags) {
    flags.text(
        "--call",
        "METHOD[,format=json]",
        "build (the default), or ask: check (the rules of the build checks reference), outline"
            + " (what the target can be given), targets (what can be built).",
        value -> call = value);
    flags.flag("--check", "Shorthand for --call=check.", value -> check = value);
  }

  /**
   * A call.
   *
   * @param ignoreStatus whether findings leave the exit code at 0
   */
  record Wanted(Call.Function function, Call.Format format, boolean ignoreStatus) {}

  /** What is asked; empty for a build. */
  Optional<Wanted> wanted() {
    if (call == null) {
      return check
          ? Optional.of(new Wanted(Call.Function.CHECK, Call.Format.TEXT, false))
          : Optional.empty();
    }
    if (check) {
      throw usage("--check is --call=check; give one of them");
    }
    return parse(call);
  }

  private static Optional<Wanted> parse(String text) {
    Optional<String> method = Optional.empty();
    Call.Format format = Call.Format.TEXT;
    boolean ignoreStatus = false;
    for (String field : text.split(",", -1)) {
      int equals = field.indexOf('=');
      String value = field.substring(equals + 1).strip();
      switch (equals < 0 ? "" : field.substring(0, equals).strip().toLowerCase(Locale.ROOT)) {
        case "" -> {
          if (method.isPresent()) {
            throw usage("--call=" + text + " names two methods");
          }
          method = Optional.of(value.toLowerCase(Locale.ROOT));
        }
        case "format" -> format = format(value);
        case "ignorestatus" -> ignoreStatus = bool(value);
        default -> throw usage("--call=" + text + ": there is no option " + field);
      }
    }
    Optional<Call.Function> function = function(method.orElse("build"));
    Call.Format wanted = format;
    boolean ignore = ignoreStatus;
    return function.map(one -> new Wanted(one, wanted, ignore));
  }

  private static Optional<Call.Function> function(String method) {
    return switch (method) {
      case "build", "" -> Optional.empty();
      case "check", "lint" -> Optional.of(Call.Function.CHECK);
      case "outline" -> Optional.of(Call.Function.OUTLINE);
      case "targets" -> Optional.of(Call.Function.TARGETS);
      default ->
          throw usage("--call=" + method + ": the methods are build, check, outline, targets");
    };
  }

  private static Call.Format format(String value) {
    return switch (value) {
      case "json" -> Call.Format.JSON;
      case "text", "" -> Call.Format.TEXT;
      default -> throw usage("--call=...,format=" + value + ": the formats are text and json");
    };
  }

  private static boolean bool(String value) {
    return switch (value) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default -> throw usage("--call=...,ignorestatus=" + value + ": true or false");
    };
  }

  private static BuildException usage(String text) {
    return new BuildException(ErrorCode.USAGE, text);
  }
}
