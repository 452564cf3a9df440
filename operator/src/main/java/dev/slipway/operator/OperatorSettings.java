package dev.slipway.operator;

import dev.slipway.operator.imagebuild.Policy;
import dev.slipway.operator.lease.LeaderLease;
import dev.slipway.operator.pod.PodSettings;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the platform decides for one operator.
 *
 * @param namespaces the namespaces to watch; empty means all of them
 * @param policy what it decides for all builds
 * @param resync how often everything is looked at again, even if no event says so
 * @param lease the Lease that is waited for before reconciling; null for none
 * @param metricsPort port of metrics, health and readiness; 0 for any free one, {@link #NO_PORT}
 *     for none
 */
public record OperatorSettings(
    List<String> namespaces,
    Policy policy,
    Duration resync,
    @Nullable Election lease,
    int metricsPort) {

  /** Metrics, health and readiness are not served. */
  public static final int NO_PORT = -1;

  /**
   * How a leader is elected.
   *
   * @param namespace where the Lease is
   * @param timing how long it lasts
   * @param lost called when leadership was lost; whoever is called must end the process
   */
  public record Election(String namespace, LeaderLease.Timing timing, Runnable lost) {}

  public OperatorSettings {
    namespaces = List.copyOf(namespaces);
  }

  /** Settings for one process that embeds the operator: all namespaces, no Lease, no port. */
  public static OperatorSettings embedded(PodSettings pod) {
    return new OperatorSettings(List.of(), Policy.of(pod), Duration.ofMinutes(10), null, NO_PORT);
  }
}
