package dev.slipway.operator.metrics;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.CacheStatus;
import dev.slipway.api.Durations;
import dev.slipway.api.Outcome;
import dev.slipway.api.Reasons;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The meters of one operator. Labels are bounded, and every series exists from the start. */
public final class OperatorMetrics {
  private static final List<String> OUTCOMES = List.of("Succeeded", "Failed", "Cancelled");

  /** Reasons that have a series of their own; a builder may know others. */
  private static final Set<String> REASONS =
      Set.of(
          Reasons.TIMEOUT,
          Reasons.OUT_OF_MEMORY,
          Reasons.POD_EVICTED,
          Reasons.POD_DELETED,
          Reasons.NODE_LOST,
          Reasons.BUILDER_START_FAILED,
          Reasons.BUILDER_CRASHED,
          Reasons.BUILDER_IMAGE_PULL_FAILED,
          Reasons.UNSCHEDULABLE,
          Reasons.QUOTA_EXCEEDED,
          Reasons.POD_REJECTED,
          Reasons.SECRET_NOT_FOUND,
          Reasons.CONFIG_MAP_NOT_FOUND,
          Reasons.SERVICE_ACCOUNT_NOT_FOUND,
          Reasons.VOLUME_MOUNT_FAILED,
          Reasons.IMAGE_NOT_FOUND,
          Reasons.REGISTRY_UNREACHABLE,
          Reasons.REGISTRY_AUTHENTICATION_FAILED,
          Reasons.GIT_REF_NOT_FOUND,
          Reasons.GIT_UNREACHABLE,
          "RunFailed",
          "DockerfileInvalid",
          "DockerfileNotFound",
          "StageNotFound");

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
    waits();
    steps("hit");
    steps("miss");
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
   * @param build the build, with its outcome
   * @param reason why it failed; empty if it did not
   */
  public void buildEnded(BuildStatus build, String reason) {
    String outcome =
        switch (Objects.requireNonNull(build.outcome())) {
          case SUCCEEDED -> "Succeeded";
          case FAILED -> "Failed";
          case CANCELLED -> "Cancelled";
        };
    ended(outcome).increment();
    if (build.duration() != null) {
      duration(outcome).record(Durations.parse(build.duration()));
    }
    if (build.queueTime() != null && build.startTime() != null) {
      Duration wait =
          Duration.between(Instant.parse(build.queueTime()), Instant.parse(build.startTime()));
      waits().record(wait.isNegative() ? Duration.ZERO : wait);
    }
    CacheStatus cache = build.cache();
    if (cache != null) {
      steps("hit").increment(Objects.requireNonNullElse(cache.hits(), 0));
      steps("miss").increment(Objects.requireNonNullElse(cache.misses(), 0));
    }
    if (build.outcome() == Outcome.FAILED) {
      failures(REASONS.contains(reason) ? reason : "Other").increment();
    }
  }

  private Timer waits() {
    return Timer.builder("slipway.build.wait")
        .description("From the decision to build to the start of the builder")
        .register(registry);
  }

  private Counter steps(String cache) {
    return Counter.builder("slipway.build.steps")
        .description("Steps of builds, taken from the cache or run")
        .tag("cache", cache)
        .register(registry);
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
