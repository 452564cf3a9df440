package dev.slipway.builder.dockerfile;

import java.util.List;

/** {@code VOLUME}: mount points, as a list of words or as JSON. */
public record Volume(Origin origin, List<String> paths) implements Instruction {
  public Volume {
    paths = List.copyOf(paths);
  }

  @Override
  public Volume expand(Variables variables) {
    List<String> expanded = new Expander(origin, variables).each(paths);
    if (expanded.contains("")) {
      throw origin.failure("VOLUME specified can not be an empty string");
    }
    return new Volume(origin, expanded);
  }
}
