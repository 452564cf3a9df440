package dev.slipway.operator.metrics;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Whether the operator can do its work. Ready is who can do it now. Healthy is also who could not
 * for a short while: only what lasts may be cured by a restart. Thread-safe.
 */
public final class Health {
  /** How long an operator may be without its API server before it had better start again. */
  public static final Duration GRACE = Duration.ofMinutes(2);

  private final Supplier<Optional<String>> trouble;
  private final Clock clock;
  private volatile Instant lastGood;

  /**
   * @param trouble what keeps the operator from its work, now
   */
  public Health(Supplier<Optional<String>> trouble, Clock clock) {
    this.trouble = trouble;
    this.clock = clock;
    lastGood = clock.instant();
  }

  /** What keeps the operator from its work; empty if nothing does. */
  public Optional<String> unready() {
    Optional<String> now;
    try {
      now = trouble.get();
    } catch (RuntimeException e) {
      now = Optional.of("the API server does not answer: " + e.getMessage());
    }
    if (now.isEmpty()) {
      lastGood = clock.instant();
    }
    return now;
  }

  /** What has kept the operator from its work for longer than {@link #GRACE}. */
  public Optional<String> unhealthy() {
    return unready().filter(t -> Duration.between(lastGood, clock.instant()).compareTo(GRACE) > 0);
  }
}
