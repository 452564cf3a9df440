package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.time.Duration;

/** Waits for what another process brings about. */
final class Waiting {
  private static final long POLL_MILLIS = 50;

  /** Whether it is so by now; an exception ends the waiting. */
  @FunctionalInterface
  interface Condition {
    boolean holds() throws IOException;
  }

  private Waiting() {}

  /**
   * Waits until a condition holds.
   *
   * @param what the condition in words, for the message
   * @throws IOException if it did not hold in time
   */
  static void until(String what, Duration atMost, Condition condition) throws IOException {
    long end = System.nanoTime() + atMost.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > end) {
        throw new IOException("waited " + atMost.toSeconds() + " s in vain until " + what);
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while waiting until " + what, e);
      }
    }
  }
}
