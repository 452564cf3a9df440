package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * The value of one {@code --mount}, split into its fields but not yet read, because any value but
 * {@code from} may be a variable.
 *
 * @param problem what is wrong with it, where that can be told without the variables. It is told
 *     when a build needs the instruction: BuildKit builds what has it in other stages
 */
public record MountFlag(List<Field> fields, Optional<BuildException> problem) {
  public MountFlag {
    fields = List.copyOf(fields);
  }

  /**
   * One field: {@code key=value} or {@code key}.
   *
   * @param key in lower case
   * @param value empty where the field has no {@code =}
   */
  public record Field(String key, Optional<String> value) {
    String text() {
      return value.map(v -> key + "=" + v).orElse(key);
    }
  }

  /**
   * Splits {@code text} into fields.
   *
   * @param failure makes the failure at this flag of a message
   * @throws IllegalArgumentException that says what is wrong with it
   */
  static MountFlag parse(String text, Function<String, BuildException> failure) {
    List<Field> fields = new ArrayList<>();
    for (String part : Csv.fields(text)) {
      int equals = part.indexOf('=');
      String key = (equals < 0 ? part : part.substring(0, equals)).toLowerCase(Locale.ROOT);
      Optional<String> value =
          equals < 0 ? Optional.empty() : Optional.of(part.substring(equals + 1));
      value.filter(v -> key.equals("from")).ifPresent(MountFlag::requireConstant);
      fields.add(new Field(key, value));
    }
    MountFlag flag = new MountFlag(fields, Optional.empty());
    return flag.isConstant() ? new MountFlag(fields, flag.read(failure)) : flag;
  }

  private Optional<BuildException> read(Function<String, BuildException> failure) {
    try {
      MountReader.read(this);
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of(failure.apply(String.valueOf(e.getMessage())));
    }
  }

  private static void requireConstant(String from) {
    int dollar = from.indexOf('$');
    if (dollar >= 0 && dollar != from.length() - 1) {
      throw new IllegalArgumentException(
          "'from' doesn't support variable expansion, define alias stage instead");
    }
  }

  /** Whether expansion cannot change it. */
  private boolean isConstant() {
    return fields.stream()
        .flatMap(field -> field.value().stream())
        .flatMapToInt(String::chars)
        .noneMatch(c -> "$\\`'\"".indexOf(c) >= 0);
  }

  /** The last {@code from}, where there is one. */
  public Optional<String> from() {
    return fields.stream()
        .filter(field -> field.key().equals("from"))
        .reduce((first, second) -> second)
        .flatMap(Field::value)
        .filter(value -> !value.isEmpty());
  }

  MountFlag expand(Expander expander) {
    List<Field> out = new ArrayList<>(fields.size());
    for (Field field : fields) {
      out.add(
          field.key().equals("from")
              ? field
              : new Field(field.key(), expander.optional(field.value())));
    }
    return new MountFlag(out, problem);
  }
}
