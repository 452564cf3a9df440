package dev.slipway.builder.dockerfile;

import java.util.List;

/** {@code VOLUME}: mount points, as a list of words or as JSON. */
public record Volume(Origin origin, List<String> paths) implements Instruction {
  public Volume {
    paths = List.copyOf(paths);
  }

  @Override
  public Volume expand(Variables variables) {
    return new Volume(origin, new Expander(origin, variables).each(paths));
  }
}
