package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import java.util.Map;

/**
 * What is known before the first stage: the automatic arguments, the global {@code ARG}s with their
 * values, and the build arguments that the user gave. Immutable.
 */
public final class Globals {
  private Globals() {}

  /**
   * Evaluates the global arguments of {@code file}.
   *
   * @param buildArgs {@code --build-arg}, in order; they also override automatic arguments
   * @param target the stage to build as the user named it, for {@code TARGETSTAGE}; empty for the
   *     last
   * @throws BuildException where a default cannot be expanded
   */
  public static Globals of(
      Dockerfile file, Map<String, String> buildArgs, BuildPlatforms platforms, String target) {
    return Unwritten.yet();
  }

  /** What {@code FROM} sees. */
  public Variables variables() {
    return Unwritten.yet();
  }

  /** What the user gave. */
  public Map<String, String> buildArgs() {
    return Unwritten.yet();
  }
}
