package dev.slipway.operator.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The meters of one operator. Labels are bounded, and every series exists from the start. */
public final class OperatorMetrics {
  private static final List<String> OUTCOMES = List.of("Succeeded", "Failed", "Cancelled");

  /** Reasons that have a series of their own; a builder may know others. */
  private static final Set<String> REASONS =
      Set.of(
          "RunFailed",
          "Timeout",
          "OutOfMemory",
          "PodEvicted",
          "PodDeleted",
          "BuilderCrashed",
          "DockerfileInvalid",
          "DockerfileNotFound",
          "StageNotFound",
          "ImageNotFound",
          "RegistryAuthenticationFailed",
          "RegistryUnreachable",
          "SecretNotFound",
          "Unschedulable");

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Timer reconciles;
  private final Counter errors;

  public OperatorMetrics() {
    reconciles =
        Timer.builder("slipway.reconcile").description("Reconciliations").register(registry);
    errors =
        Counter.builder("slipway.reconcile.errors")
            .description("Reconciliations that failed and are tried again")
            .register(registry);
    OUTCOMES.forEach(outcome -> {
      ended(outcome);
      duration(outcome);
    });
    REASONS.forEach(this::failures);
    failures("Other");
  }

  /** Shows how many builds wait and run. */
  public void queue(Supplier<Number> waiting, Supplier<Number> running) {
    Gauge.builder("slipway.queue.length", waiting)
        .description("Builds that wait for a place")
        .register(registry);
    Gauge.builder("slipway.builds.running", running)
        .description("Builds that have a place")
        .register(registry);
  }

  /** Shows whether this operator is the one that works. */
  public void leader(BooleanSupplier leading) {
    Gauge.builder("slipway.leader", () -> leading.getAsBoolean() ? 1 : 0)
        .description("Whether this operator reconciles")
        .register(registry);
  }

  public void reconciled(Duration took) {
    reconciles.record(took);
  }

  public void failedToReconcile() {
    errors.increment();
  }

  /**
   * A build ended.
   *
   * @param outcome {@code Succeeded}, {@code Failed} or {@code Cancelled}
   * @param reason why it failed; empty if it did not
   * @param took how long its pod ran; zero if it had none
   */
  public void buildEnded(String outcome, String reason, Duration took) {
    ended(outcome).increment();
    if (!took.isZero()) {
      duration(outcome).record(took);
    }
    if (outcome.equals("Failed")) {
      failures(REASONS.contains(reason) ? reason : "Other").increment();
    }
  }

  private Counter ended(String outcome) {
    return Counter.builder("slipway.builds")
        .description("Builds that ended")
        .tag("outcome", outcome)
        .register(registry);
  }

  private Counter failures(String reason) {
    return Counter.builder("slipway.build.failures")
        .description("Builds that failed, by reason")
        .tag("reason", reason)
        .register(registry);
  }

  private Timer duration(String outcome) {
    return Timer.builder("slipway.build.duration")
        .description("How long builder pods ran")
        .tag("outcome", outcome)
        .register(registry);
  }

  /** All meters in the text format of Prometheus. */
  public String scrape() {
    return registry.scrape();
  }
}
