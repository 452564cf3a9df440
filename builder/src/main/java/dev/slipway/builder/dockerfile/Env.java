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
    return new Env(origin, expander.pairs(variables));
  }
}
