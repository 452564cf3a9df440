package dev.slipway.operator;

import dev.slipway.operator.imagebuild.ImageBuildReconciler;
import dev.slipway.operator.imagebuild.SpecChanges;
import dev.slipway.operator.lease.LeaderLease;
import dev.slipway.operator.metrics.Endpoints;
import dev.slipway.operator.metrics.Health;
import dev.slipway.operator.metrics.OperatorMetrics;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.OperatorException;
import io.javaoperatorsdk.operator.processing.event.rate.LinearRateLimiter;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * The operator in one process. {@link #start} returns once its informers are in sync; {@link
 * #close} stops reconciling and leaves running builds alone. Thread-safe.
 */
public final class Operator implements AutoCloseable {
  private final io.javaoperatorsdk.operator.Operator sdk;
  private final ImageBuildReconciler reconciler;
  private final @Nullable LeaderLease lease;
  private volatile @Nullable Endpoints endpoints;

  private Operator(
      io.javaoperatorsdk.operator.Operator sdk,
      ImageBuildReconciler reconciler,
      @Nullable LeaderLease lease) {
    this.sdk = sdk;
    this.reconciler = reconciler;
    this.lease = lease;
  }

  /**
   * Starts the operator. With a Lease it returns before it leads: its informers are in sync, and it
   * stands by. The client stays the caller's: it is not closed with the operator.
   *
   * @throws OperatorException if the API server cannot be reached or the CRD is not installed
   */
  public static Operator start(KubernetesClient client, OperatorSettings settings) {
    OperatorMetrics metrics = new OperatorMetrics();
    LeaderLease lease = lease(client, settings);
    ImageBuildReconciler reconciler =
        new ImageBuildReconciler(client, settings.policy(), Clock.systemUTC(), metrics);
    var sdk =
        new io.javaoperatorsdk.operator.Operator(overrides -> {
          overrides
              .withKubernetesClient(client)
              .withCloseClientOnStop(false)
              .checkingCRDAndValidateLocalModel(false)
              .withUseSSAToPatchPrimaryResource(false)
              .withResourceCloner(new Copies(client.getKubernetesSerialization()))
              .withExecutorService(Executors.newVirtualThreadPerTaskExecutor())
              .withCacheSyncTimeout(Duration.ofSeconds(60))
              .withReconciliationTerminationTimeout(Duration.ofSeconds(5));
          if (lease != null) {
            overrides.withLeaderElectionConfiguration(lease.election());
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
              .withInformerListLimit(ImageBuildReconciler.PAGE)
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
    Operator operator = new Operator(sdk, reconciler, lease);
    try {
      metrics.leader(operator::leading);
      // Served before the start, which waits for the informers: who does so is alive, not ready.
      if (settings.metricsPort() != OperatorSettings.NO_PORT) {
        operator.endpoints =
            Endpoints.serve(
                settings.metricsPort(), metrics, new Health(operator::trouble, Clock.systemUTC()));
      }
      reconciler.readAhead();
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

  private static @Nullable LeaderLease lease(KubernetesClient client, OperatorSettings settings) {
    OperatorSettings.Election election = settings.lease();
    return election == null
        ? null
        : new LeaderLease(
            client, election.namespace(), election.timing(), Clock.systemUTC(), election.lost());
  }

  /** Whether all informers are connected to the API server. */
  public boolean healthy() {
    return sdk.getRuntimeInfo().isStarted() && sdk.getRuntimeInfo().allEventSourcesAreHealthy();
  }

  /** Whether this operator reconciles: it leads, or needs nobody's leave. */
  public boolean leading() {
    return sdk.getRuntimeInfo().isStarted() && (lease == null || lease.leading());
  }

  /** The port of metrics and probes, if they are served. */
  public Optional<Integer> port() {
    return Optional.ofNullable(endpoints).map(Endpoints::port);
  }

  /** A standby whose leader lives is fit for its work, which is to wait. */
  private Optional<String> trouble() {
    if (!healthy()) {
      return Optional.of("informers are not in sync with the API server");
    }
    if (lease != null && lease.leader().isEmpty()) {
      return Optional.of("nobody holds the Lease " + LeaderLease.NAME);
    }
    return Optional.empty();
  }

  /**
   * Stops to reconcile, and then gives the Lease back. Builds go on; the next leader adopts them.
   */
  @Override
  public void close() {
    if (lease != null) {
      lease.closing();
    }
    try {
      sdk.stop();
      reconciler.close();
    } finally {
      if (lease != null) {
        lease.release();
      }
      Endpoints served = endpoints;
      if (served != null) {
        served.close();
      }
    }
  }
}
