package dev.slipway.operator.queue;

/** Whether a build may start. */
public sealed interface Admission {

  /** It has not asked for a place. */
  record Unasked() implements Admission {}

  /** It may start. */
  record Granted() implements Admission {}

  /**
   * It waits for its turn.
   *
   * @param position its place in the order of starts, from 1
   * @param message what it waits for
   */
  record Waiting(int position, String message) implements Admission {}
}
