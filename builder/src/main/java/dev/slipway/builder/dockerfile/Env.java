package dev.slipway.builder.dockerfile;

import java.util.List;

/** {@code ENV key=value...} or, legacy, {@code ENV key value}. */
public record Env(Origin origin, List<KeyValue> variables) implements Instruction {
  public Env {
    variables = List.copyOf(variables);
  }

  @Override
  public Env expand(Variables values) {
    Expander expander = new Expander(origin, values);
    List<KeyValue> expanded = expander.pairs(variables);
    if (expanded.stream().anyMatch(pair -> pair.key().isEmpty())) {
      throw origin.failure("ENV names can not be blank");
    }
    return new Env(origin, expanded);
  }
}
