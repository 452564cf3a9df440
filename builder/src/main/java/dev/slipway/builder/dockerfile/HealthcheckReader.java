package dev.slipway.builder.dockerfile;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads {@code HEALTHCHECK}. */
final class HealthcheckReader {
  private static final Map<String, Flags.Kind> FLAGS =
      Map.of(
          "interval", Flags.Kind.TEXT,
          "timeout", Flags.Kind.TEXT,
          "start-period", Flags.Kind.TEXT,
          "start-interval", Flags.Kind.TEXT,
          "retries", Flags.Kind.TEXT);

  private final InstructionReader reader;
  private final Statement statement;
  private final Origin origin;

  HealthcheckReader(InstructionReader reader, Statement statement, Origin origin) {
    this.reader = reader;
    this.statement = statement;
    this.origin = origin;
  }

  Healthcheck read() {
    Flags flags = new Flags(statement, FLAGS);
    String arguments = statement.arguments();
    int end = 0;
    while (end < arguments.length() && !Space.is(arguments.charAt(end))) {
      end++;
    }
    if (end == 0) {
      throw reader.failure("HEALTHCHECK requires at least one argument");
    }
    String type = arguments.substring(0, end).toUpperCase(Locale.ROOT);
    String rest = arguments.substring(Space.skip(arguments, end));
    return switch (type) {
      case "NONE" -> {
        if (!rest.isEmpty()) {
          throw reader.failure("HEALTHCHECK NONE takes no arguments");
        }
        yield new Healthcheck(
            origin, List.of("NONE"), Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, 0);
      }
      case "CMD" ->
          new Healthcheck(
              origin,
              test(rest),
              duration(flags, "interval"),
              duration(flags, "timeout"),
              duration(flags, "start-period"),
              duration(flags, "start-interval"),
              retries(flags));
      default -> throw reader.failure("Unknown type \"" + type + "\" in HEALTHCHECK (try CMD)");
    };
  }

  private List<String> test(String command) {
    Optional<List<String>> json = reader.json(command);
    if (command.isEmpty() || json.map(List::isEmpty).orElse(false)) {
      throw reader.failure("Missing command after HEALTHCHECK CMD");
    }
    if (json.isEmpty()) {
      return List.of("CMD-SHELL", command);
    }
    List<String> test = new ArrayList<>();
    test.add("CMD");
    test.addAll(json.get());
    return test;
  }

  private Duration duration(Flags flags, String name) {
    String value = flags.text(name).orElse("0");
    Duration duration;
    try {
      duration = GoDuration.parse(value);
    } catch (IllegalArgumentException e) {
      throw statement.line().failure(flags.offset(name), "--" + name + ": " + e.getMessage());
    }
    if (!duration.isZero() && duration.compareTo(Duration.ofMillis(1)) < 0) {
      throw statement
          .line()
          .failure(flags.offset(name), "Interval \"" + name + "\" cannot be less than 1ms");
    }
    return duration;
  }

  private int retries(Flags flags) {
    String value = flags.text("retries").orElse("0");
    int retries;
    try {
      retries = Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw statement
          .line()
          .failure(flags.offset("retries"), "--retries is not a number: \"" + value + "\"");
    }
    if (retries < 0) {
      throw statement
          .line()
          .failure(flags.offset("retries"), "--retries cannot be negative (" + retries + ")");
    }
    return retries;
  }
}
