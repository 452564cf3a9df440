package dev.slipway.builder.dockerfile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The flags of one instruction, held against those that it knows. */
final class Flags {
  /** What a flag takes. */
  enum Kind {
    /** Nothing, {@code true} or {@code false}. */
    BOOLEAN,
    /** One value. */
    TEXT,
    /** One value each time it is given. */
    LIST
  }

  private final Map<String, List<String>> values = new HashMap<>();
  private final Map<String, List<Integer>> offsets = new HashMap<>();

  /**
   * Reads the flags.
   *
   * @throws dev.slipway.builder.failure.BuildException at the flag: unknown, given twice, without a
   *     value or with one that is not boolean
   */
  Flags(Statement statement, Map<String, Kind> known) {
    for (Statement.Flag flag : statement.flags()) {
      int equals = flag.text().indexOf('=');
      String name = flag.text().substring(2, equals < 0 ? flag.text().length() : equals);
      Kind kind = known.get(name);
      if (kind == null) {
        throw unknown(statement, flag, name, known);
      }
      if (kind != Kind.LIST && values.containsKey(name)) {
        throw failure(statement, flag, "duplicate flag specified: --" + name);
      }
      String value = equals < 0 ? "" : flag.text().substring(equals + 1);
      if (kind == Kind.BOOLEAN) {
        value = bool(statement, flag, name, value, equals >= 0);
      } else if (equals < 0) {
        throw failure(statement, flag, "missing a value on flag: --" + name);
      }
      values.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
      offsets.computeIfAbsent(name, _ -> new ArrayList<>()).add(flag.offset());
    }
  }

  private static RuntimeException unknown(
      Statement statement, Statement.Flag flag, String name, Map<String, Kind> known) {
    String instruction = statement.keyword().toUpperCase(Locale.ROOT);
    return failure(
        statement,
        flag,
        "unknown flag: --"
            + name
            + Suggestion.of(name, known.keySet())
            + (known.isEmpty() ? "; " + instruction + " has no flags" : ""));
  }

  private static String bool(
      Statement statement, Statement.Flag flag, String name, String value, boolean given) {
    if (given && value.isEmpty()) {
      throw failure(statement, flag, "missing a value on flag: --" + name);
    }
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "", "true" -> "true";
      case "false" -> "false";
      default ->
          throw failure(
              statement, flag, "expecting boolean value for flag --" + name + ", not: " + value);
    };
  }

  private static RuntimeException failure(
      Statement statement, Statement.Flag flag, String message) {
    return statement.line().failure(flag.offset(), message);
  }

  /** The value; an empty one counts as not given, as in BuildKit. */
  Optional<String> text(String name) {
    List<String> found = values.getOrDefault(name, List.of());
    return found.isEmpty() || found.getFirst().isEmpty()
        ? Optional.empty()
        : Optional.of(found.getFirst());
  }

  Optional<Boolean> bool(String name) {
    List<String> found = values.getOrDefault(name, List.of());
    return found.isEmpty() ? Optional.empty() : Optional.of(found.getFirst().equals("true"));
  }

  boolean isTrue(String name) {
    return bool(name).orElse(false);
  }

  List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  /** Where the flag was given, in the logical line; 0 where it was not. */
  int offset(String name) {
    List<Integer> found = offsets.getOrDefault(name, List.of());
    return found.isEmpty() ? 0 : found.getLast();
  }

  /** Where the value of this index in {@link #all} was given. */
  int offset(String name, int index) {
    return offsets.getOrDefault(name, List.of()).get(index);
  }
}
