package dev.slipway.builder.dockerfile;

/** {@code STOPSIGNAL signal}: a number or a name such as {@code SIGTERM}. */
public record StopSignal(Origin origin, String signal) implements Instruction {
  @Override
  public StopSignal expand(Variables variables) {
    return new StopSignal(origin, new Expander(origin, variables).word(signal));
  }
}
