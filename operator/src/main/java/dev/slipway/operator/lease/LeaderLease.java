package dev.slipway.operator.lease;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Lease that one operator of several holds while it works. The SDK acquires and renews it; what
 * it does not do is here: to give it back, so that the next leader need not wait until it has run
 * out, and to tell whether anybody leads. Thread-safe.
 */
public final class LeaderLease {
  /** The name of the Lease. */
  public static final String NAME = "slipway-operator";

  private static final Logger log = LoggerFactory.getLogger(LeaderLease.class);

  private final KubernetesClient client;
  private final String namespace;
  private final Timing timing;
  private final Clock clock;
  private final Runnable lost;
  private final String identity;
  private volatile boolean leading;
  private volatile boolean closing;

  /**
   * How long a Lease lasts.
   *
   * @param duration how long others must leave it alone after its last renewal
   * @param renewDeadline how long its holder tries to renew it before it gives up
   * @param retry time between two attempts to get or renew it
   */
  public record Timing(Duration duration, Duration renewDeadline, Duration retry) {
    /** What Kubernetes' own controllers use. */
    public static final Timing STANDARD =
        new Timing(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));
  }

  /**
   * @param lost called when the Lease was held and somebody else may hold it now; whoever is called
   *     must not write to the cluster any more
   */
  public LeaderLease(
      KubernetesClient client, String namespace, Timing timing, Clock clock, Runnable lost) {
    this.client = client;
    this.namespace = namespace;
    this.timing = timing;
    this.clock = clock;
    this.lost = lost;
    // Two processes of one host must not take each other for themselves.
    identity =
        Objects.requireNonNullElse(System.getenv("HOSTNAME"), "operator") + "_" + UUID.randomUUID();
  }

  /** Who this operator is to the others. */
  public String identity() {
    return identity;
  }

  /** What the SDK should do. */
  public LeaderElectionConfiguration election() {
    return new LeaderElectionConfiguration(
        NAME,
        namespace,
        timing.duration(),
        timing.renewDeadline(),
        timing.retry(),
        identity,
        new LeaderCallbacks(this::started, this::stopped, this::changed),
        false);
  }

  private void started() {
    leading = true;
    log.info("leading as {}", identity);
  }

  private void stopped() {
    boolean was = leading;
    leading = false;
    if (was && !closing) {
      log.error("the Lease {} in {} could not be renewed in time", NAME, namespace);
      lost.run();
    }
  }

  private void changed(@Nullable String leader) {
    if (leader != null && !leader.isEmpty() && !leader.equals(identity)) {
      log.info("standing by; {} leads", leader);
    }
  }

  /** Whether this operator leads, as far as it knows. */
  public boolean leading() {
    return leading;
  }

  /**
   * Who leads now, as the API server has it: a read, for probes.
   *
   * @throws KubernetesClientException if the API server does not answer
   */
  public Optional<String> leader() {
    Lease lease = read();
    if (lease == null || lease.getSpec() == null) {
      return Optional.empty();
    }
    LeaseSpec spec = lease.getSpec();
    if (spec.getRenewTime() == null || spec.getLeaseDurationSeconds() == null) {
      return Optional.empty();
    }
    Instant until = spec.getRenewTime().toInstant().plusSeconds(spec.getLeaseDurationSeconds());
    return until.isBefore(clock.instant())
        ? Optional.empty()
        : Optional.ofNullable(spec.getHolderIdentity()).filter(holder -> !holder.isEmpty());
  }

  /** From here on, to lose the Lease is what is wanted. */
  public void closing() {
    closing = true;
  }

  /**
   * Gives the Lease back, if this operator holds it. To be called when nothing of it writes to the
   * cluster any more. A Lease that cannot be given back runs out by itself.
   */
  public void release() {
    leading = false;
    try {
      Lease lease = read();
      if (lease == null
          || lease.getSpec() == null
          || !identity.equals(lease.getSpec().getHolderIdentity())) {
        return;
      }
      // As client-go does: an empty holder, and a duration that is no obstacle to anybody.
      lease.getSpec().setHolderIdentity("");
      lease.getSpec().setLeaseDurationSeconds(1);
      lease.getSpec().setRenewTime(ZonedDateTime.ofInstant(clock.instant(), ZoneOffset.UTC));
      client.resource(lease).update();
      log.info("released the Lease {} in {}", NAME, namespace);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        log.warn("the Lease {} in {} is not released, and runs out by itself", NAME, namespace, e);
      }
    }
  }

  private @Nullable Lease read() {
    return client.leases().inNamespace(namespace).withName(NAME).get();
  }
}
