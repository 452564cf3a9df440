package dev.slipway.builder.sandbox;

/** How a step ended. */
public sealed interface ExitStatus {

  /** By itself; {@code code} is 0 to 255. */
  record Exited(int code) implements ExitStatus {}

  /** By a signal that was not the builder's own. */
  record Signaled(int signal) implements ExitStatus {}

  /**
   * The kernel killed one of its processes for want of memory, and the step failed.
   *
   * @param limit the memory limit of the builder's control group in bytes, -1 where there is none
   *     or it cannot be read
   */
  record OutOfMemory(long limit) implements ExitStatus {}

  default boolean success() {
    return this instanceof Exited(int code) && code == 0;
  }
}
