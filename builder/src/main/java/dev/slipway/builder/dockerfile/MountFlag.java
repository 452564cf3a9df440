package dev.slipway.builder.dockerfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The value of one {@code --mount}, split into its fields but not yet read, because any value but
 * {@code from} may be a variable.
 */
public record MountFlag(List<Field> fields) {
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
   * @throws IllegalArgumentException that says what is wrong with it
   */
  static MountFlag parse(String text) {
    List<Field> fields = new ArrayList<>();
    for (String part : Csv.fields(text)) {
      int equals = part.indexOf('=');
      String key = (equals < 0 ? part : part.substring(0, equals)).toLowerCase(Locale.ROOT);
      Optional<String> value =
          equals < 0 ? Optional.empty() : Optional.of(part.substring(equals + 1));
      value.filter(v -> key.equals("from")).ifPresent(MountFlag::requireConstant);
      fields.add(new Field(key, value));
    }
    return new MountFlag(fields);
  }

  private static void requireConstant(String from) {
    int dollar = from.indexOf('$');
    if (dollar >= 0 && dollar != from.length() - 1) {
      throw new IllegalArgumentException(
          "'from' doesn't support variable expansion, define alias stage instead");
    }
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
    return new MountFlag(out);
  }
}
