package dev.slipway.builder.dockerfile;

import java.util.List;
import java.util.Optional;

/**
 * A {@code FROM} and what follows it.
 *
 * @param index counted from 0
 * @param name in lower case
 * @param description the text of a comment {@code # NAME text} right above
 */
public record Stage(
    int index,
    Optional<String> name,
    Optional<String> description,
    From from,
    List<Instruction> instructions) {
  public Stage {
    instructions = List.copyOf(instructions);
  }

  /** The name, else {@code stage-N} as progress shows it. */
  public String displayName() {
    return name.orElseGet(() -> "stage-" + index);
  }

  /** Stages are kept in sets; the one of a record would go through all instructions. */
  @Override
  public int hashCode() {
    return index;
  }
}
