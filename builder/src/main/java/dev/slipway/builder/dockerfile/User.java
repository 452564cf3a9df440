package dev.slipway.builder.dockerfile;

/** {@code USER user[:group]}; names or numbers, once expanded. */
public record User(Origin origin, String user) implements Instruction {
  @Override
  public User expand(Variables variables) {
    return new User(origin, new Expander(origin, variables).word(user));
  }
}
