package dev.slipway.operator.pod;

import java.util.Optional;

/**
 * The key of one log in the ConfigMap that keeps those of a build.
 *
 * @param attempt which try of the build it is, from 1
 */
public record LogKey(int attempt) {
  private static final String ENDING = ".log.gz";

  /** Reads a key; empty for one that is none of ours. */
  public static Optional<LogKey> parse(String key) {
    String number = key.endsWith(ENDING) ? key.substring(0, key.length() - ENDING.length()) : "";
    return number.matches("[0-9]{1,9}")
        ? Optional.of(new LogKey(Integer.parseInt(number)))
        : Optional.empty();
  }

  /** {@code <attempt>.log.gz}. */
  @Override
  public String toString() {
    return attempt + ENDING;
  }
}
