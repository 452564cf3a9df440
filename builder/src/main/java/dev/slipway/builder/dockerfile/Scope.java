package dev.slipway.builder.dockerfile;

import dev.slipway.builder.failure.BuildException;
import java.util.List;
import java.util.Map;

/**
 * The variables of one stage after some of its instructions. Immutable: {@link #apply} returns the
 * scope after the next one.
 */
public final class Scope {
  private Scope() {}

  /**
   * The scope at the start of a stage that is based on an image.
   *
   * @param environment the {@code NAME=value} of the image's config
   */
  public static Scope ofImage(Globals globals, List<String> environment) {
    return Unwritten.yet();
  }

  /**
   * The scope at the start of a stage that is based on another stage, whose arguments and variables
   * it inherits. Give it that stage's last scope.
   */
  public static Scope ofStage(Scope last) {
    return last;
  }

  /** What the next instruction is expanded with. */
  public Variables variables() {
    return Unwritten.yet();
  }

  /**
   * The scope after {@code instruction}.
   *
   * @param instruction an expanded {@code ENV}, or an {@code ARG}; any other changes nothing
   * @throws BuildException where the default of an {@code ARG} cannot be expanded
   */
  public Scope apply(Instruction instruction) {
    return Unwritten.yet();
  }

  /** The environment of a {@code RUN}, arguments included: part of the step's cache key. */
  public Map<String, String> environment() {
    return Unwritten.yet();
  }

  /**
   * The proxy settings that were given as build arguments. A {@code RUN} sees them as well, but
   * they are part neither of its cache key nor of the history, unless declared by {@code ARG}.
   */
  public Map<String, String> proxyEnvironment() {
    return Unwritten.yet();
  }

  /** The {@code NAME=value} for the image's config: {@code ENV}, not {@code ARG}. */
  public List<String> configEnvironment() {
    return Unwritten.yet();
  }

  /** The declared arguments as the history of a {@code RUN} lists them, {@code NAME=value}. */
  public List<String> declaredArgs() {
    return Unwritten.yet();
  }
}
