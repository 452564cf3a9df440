package dev.slipway.operator.imagebuild;

import dev.slipway.operator.pod.PodSettings;
import dev.slipway.operator.queue.Limits;
import java.time.Duration;

/**
 * What the platform decides for all builds.
 *
 * @param pod how builder pods look
 * @param firstRetry delay before the second attempt; it doubles from attempt to attempt
 * @param lastRetry the longest such delay
 * @param waitDeadline how long a build may wait for its pod to start before it fails, unless {@code
 *     spec.waitTimeout} says otherwise
 * @param limits how many builds may run at once
 * @param baseRebuilds how many ImageBuilds a minute start to build because a base image moved; 0 is
 *     none
 */
public record Policy(
    PodSettings pod,
    Duration firstRetry,
    Duration lastRetry,
    Duration waitDeadline,
    Limits limits,
    int baseRebuilds) {

  /** The defaults. */
  public static Policy of(PodSettings pod) {
    return new Policy(
        pod, Duration.ofSeconds(10), Duration.ofMinutes(5), Duration.ofHours(1), Limits.NONE, 20);
  }

  Duration retryDelay(int failedAttempts) {
    Duration delay = firstRetry.multipliedBy(1L << Math.min(failedAttempts - 1, 20));
    return delay.compareTo(lastRetry) > 0 ? lastRetry : delay;
  }
}
