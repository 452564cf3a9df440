package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code EXPOSE port[-port][/protocol]...}.
 *
 * @param specs as written, sorted
 */
public record Expose(Origin origin, List<String> specs) implements Instruction {
  public Expose {
    specs = List.copyOf(specs);
  }

  /** One variable may hold several ports. */
  @Override
  public Expose expand(Variables variables) {
    return new Expose(origin, new Expander(origin, variables).split(specs));
  }

  /**
   * The ports as the image config names them, such as {@code 80/tcp}; ranges are spelt out. Call it
   * on an expanded instruction.
   *
   * @throws BuildException with {@code DOCKERFILE_SYNTAX} where one is not a port
   */
  public List<String> ports() {
    List<String> ports = new ArrayList<>();
    for (String spec : specs) {
      portSpec(spec).addTo(ports);
    }
    return ports;
  }

  PortSpec portSpec(String spec) {
    try {
      return PortSpec.parse(spec);
    } catch (IllegalArgumentException e) {
      throw origin.failure("invalid port: \"" + spec + "\": " + e.getMessage());
    }
  }
}
