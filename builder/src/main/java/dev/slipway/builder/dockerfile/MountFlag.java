package dev.slipway.builder.dockerfile;

import java.util.List;
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
  public record Field(String key, Optional<String> value) {}

  /** The last {@code from}, where there is one. */
  public Optional<String> from() {
    return fields.stream()
        .filter(field -> field.key().equals("from"))
        .reduce((first, second) -> second)
        .flatMap(Field::value);
  }
}
