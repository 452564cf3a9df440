package dev.slipway.builder.dockerfile;

import java.util.List;
import java.util.Optional;

/** {@code ARG name[=default]...}. */
public record Arg(Origin origin, List<Declaration> declarations) implements Instruction {
  public Arg {
    declarations = List.copyOf(declarations);
  }

  /**
   * One name of an {@code ARG}.
   *
   * @param defaultValue as written, neither unquoted nor expanded
   * @param description the text of a comment {@code # NAME text} right above
   */
  public record Declaration(
      String name, Optional<String> defaultValue, Optional<String> description) {}

  @Override
  public Arg expand(Variables variables) {
    return this;
  }
}
