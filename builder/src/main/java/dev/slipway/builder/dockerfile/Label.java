package dev.slipway.builder.dockerfile;

import java.util.List;

/** {@code LABEL key=value...} or, legacy, {@code LABEL key value}. */
public record Label(Origin origin, List<KeyValue> labels) implements Instruction {
  public Label {
    labels = List.copyOf(labels);
  }

  @Override
  public Label expand(Variables variables) {
    Expander expander = new Expander(origin, variables);
    return new Label(origin, expander.pairs(labels));
  }
}
