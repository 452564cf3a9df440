package dev.slipway.operator;

import dev.slipway.operator.imagebuild.ImageBuildReconciler;
import dev.slipway.operator.imagebuild.SpecChanges;
import dev.slipway.operator.metrics.Endpoints;
import dev.slipway.operator.metrics.OperatorMetrics;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.OperatorException;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.processing.event.rate.LinearRateLimiter;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * The operator in one process. {@link #start} returns once its informers are in sync; {@link
 * #close} stops reconciling and leaves running builds alone. Thread-safe.
 */
public final class Operator implements AutoCloseable {
  private static final String LEASE = "slipway-operator";

  private final io.javaoperatorsdk.operator.Operator sdk;
  private final ImageBuildReconciler reconciler;
  private volatile @Nullable Endpoints endpoints;

  private Operator(io.javaoperatorsdk.operator.Operator sdk, ImageBuildReconciler reconciler) {
    this.sdk = sdk;
    this.reconciler = reconciler;
  }

  /**
   * Starts the operator. The client stays the caller's: it is not closed with the operator.
   *
   * @throws OperatorException if the API server cannot be reached or the CRD is not installed
   */
  public static Operator start(KubernetesClient client, OperatorSettings settings) {
    OperatorMetrics metrics = new OperatorMetrics();
    ImageBuildReconciler reconciler =
        new ImageBuildReconciler(client, settings.policy(), Clock.systemUTC(), metrics);
    var sdk =
        new io.javaoperatorsdk.operator.Operator(overrides -> {
          overrides
              .withKubernetesClient(client)
              .withCloseClientOnStop(false)
              .checkingCRDAndValidateLocalModel(false)
              .withUseSSAToPatchPrimaryResource(false)
              .withExecutorService(Executors.newVirtualThreadPerTaskExecutor())
              .withCacheSyncTimeout(Duration.ofSeconds(60))
              .withReconciliationTerminationTimeout(Duration.ofSeconds(5));
          if (settings.lease() != null) {
            overrides.withLeaderElectionConfiguration(
                new LeaderElectionConfiguration(LEASE, settings.lease()));
          }
        });
    sdk.register(
        reconciler,
        overrides -> {
          overrides
              .withName("imagebuild")
              // Annotations ask for builds, and they do not count as a generation.
              .withGenerationAware(false)
              .withOnUpdateFilter(SpecChanges::matter)
              .withReconciliationMaxInterval(settings.resync())
              .withRateLimiter(LinearRateLimiter.deactivatedRateLimiter())
              .withRetry(
                  new GenericRetry()
                      .withoutMaxAttempts()
                      .setInitialInterval(500)
                      .setIntervalMultiplier(2)
                      .setMaxInterval(30_000));
          if (settings.namespaces().isEmpty()) {
            overrides.watchingAllNamespaces();
          } else {
            overrides.settingNamespaces(Set.copyOf(settings.namespaces()));
          }
        });
    Operator operator = new Operator(sdk, reconciler);
    try {
      // Served before the start, which waits for the lease: a standby is alive, and not ready.
      if (settings.metricsPort() > 0) {
        operator.endpoints = Endpoints.serve(settings.metricsPort(), metrics, operator::healthy);
      }
      sdk.start();
      return operator;
    } catch (OperatorException | java.io.UncheckedIOException e) {
      try {
        operator.close();
      } catch (RuntimeException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  /** Whether all informers are connected to the API server. */
  public boolean healthy() {
    return sdk.getRuntimeInfo().isStarted() && sdk.getRuntimeInfo().allEventSourcesAreHealthy();
  }

  @Override
  public void close() {
    sdk.stop();
    reconciler.close();
    Endpoints served = endpoints;
    if (served != null) {
      served.close();
    }
  }
}
