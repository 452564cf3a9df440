package dev.slipway.operator;

import dev.slipway.operator.pod.PodSettings;
import java.time.Duration;
import java.util.List;

/**
 * What the platform decides for all builds.
 *
 * @param namespaces the namespaces to watch; empty means all of them
 * @param pod how builder pods look
 * @param resync how often everything is looked at again, even if no event says so
 * @param leaderElection whether to wait for a Lease before reconciling
 * @param metricsPort port of metrics, health and readiness; 0 for none
 */
public record OperatorSettings(
    List<String> namespaces,
    PodSettings pod,
    Duration resync,
    boolean leaderElection,
    int metricsPort) {

  public OperatorSettings {
    namespaces = List.copyOf(namespaces);
  }

  /** Settings for one process that embeds the operator: all namespaces, no Lease, no port. */
  public static OperatorSettings embedded(PodSettings pod) {
    return new OperatorSettings(List.of(), pod, Duration.ofMinutes(10), false, 0);
  }
}
