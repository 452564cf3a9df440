package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.Phase;
import dev.slipway.e2e.operator.Scenario.Stage;
import dev.slipway.e2e.operator.SimulatedNode.Fate;
import dev.slipway.operator.queue.Limits;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What keeps a build from starting is named within five seconds, by the condition and by an Event,
 * and once it has passed the build goes on by itself. The embedded API server knows no quotas,
 * webhooks or service accounts: a proxy in front of it says what a real one says ({@link
 * RealTroubleTest} holds it to that).
 */
final class TroubleTest {
  private static final String TEAM = "team";
  private static final Duration BY_ITSELF = Duration.ofSeconds(15);

  /** Why an API server does not take a pod, in its own words. */
  enum Refusal {
    QUOTA(
        "QuotaExceeded",
        "pods \"app\" is forbidden: exceeded quota: team, requested: pods=1, used: pods=5,"
            + " limited: pods=5"),
    ADMISSION(
        "PodRejected",
        "admission webhook \"policy.example.com\" denied the request: no builds on Fridays"),
    SERVICE_ACCOUNT(
        "ServiceAccountNotFound",
        "pods \"app\" is forbidden: error looking up service account team/builder: serviceaccount"
            + " \"builder\" not found"),
    WEBHOOK_SILENT(
        "PodRejected",
        "Internal error occurred: failed calling webhook \"policy.example.com\": failed to call"
            + " webhook: Post \"https://policy.platform.svc:443/validate?timeout=10s\": no"
            + " endpoints available for service \"policy\"",
        HttpURLConnection.HTTP_INTERNAL_ERROR);

    final String reason;
    final String message;
    final int code;

    Refusal(String reason, String message) {
      this(reason, message, HttpURLConnection.HTTP_FORBIDDEN);
    }

    Refusal(String reason, String message, int code) {
      this.reason = reason;
      this.message = message;
      this.code = code;
    }
  }

  @SuppressWarnings("NullAway.Init")
  private Api plane;

  @SuppressWarnings("NullAway.Init")
  private Team team;

  @SuppressWarnings("NullAway.Init")
  private FaultProxy proxy;

  @SuppressWarnings("NullAway.Init")
  private Mortal operator;

  @BeforeEach
  void start() throws IOException {
    plane = Api.embedded();
    plane.namespace(TEAM);
    team = new Team(plane.client(), TEAM);
    proxy = new FaultProxy(plane.config());
    operator = new Mortal(proxy, TEAM, Limits.NONE);
  }

  @AfterEach
  void stop() {
    operator.close();
    plane.close();
  }

  @ParameterizedTest
  @EnumSource
  void aPodThatIsRefused(Refusal refusal) {
    try (SimulatedNode node = new SimulatedNode(plane.client(), _ -> new Fate.Success())) {
      Stage stage = new Stage(plane.client(), node, TEAM);
      proxy.refusePods(refusal.code, refusal.message);
      plane.client().resource(Scenario.SUCCEEDS.manifest(TEAM)).create();

      team.assertNamed(refusal.reason, refusal.message);
      assertThat(node.born(TEAM)).isEmpty();

      proxy.admitPods();
      Team.within(BY_ITSELF, () -> team.status().phase() == Phase.SUCCEEDED);
      assertThat(node.born(TEAM)).hasSize(1);
      assertThat(team.status().condition("Stalled")).isEmpty();
      assertThat(stage.build().get().getStatus().build().attempt()).isEqualTo(1);
    }
  }

  @Test
  void aPodThatNoNodeTakes() {
    plane.client().resource(Scenario.SUCCEEDS.manifest(TEAM)).create();
    Team.within(BY_ITSELF, () -> team.pods().size() == 1);
    String message = "0/1 nodes are available: 1 Insufficient cpu.";
    report(
        new PodStatusBuilder()
            .withPhase("Pending")
            .withConditions(
                new PodConditionBuilder()
                    .withType("PodScheduled")
                    .withStatus("False")
                    .withReason("Unschedulable")
                    .withMessage(message)
                    .build())
            .build());

    team.assertNamed("Unschedulable", message);

    String now = Instant.now().toString();
    report(
        new PodStatusBuilder()
            .withPhase("Running")
            .withConditions(
                new PodConditionBuilder().withType("PodScheduled").withStatus("True").build())
            .withContainerStatuses(
                new ContainerStatusBuilder()
                    .withName("build")
                    .withNewState()
                    .withNewRunning(now)
                    .endState()
                    .build())
            .build());
    Team.within(Team.IN_TIME, () -> "Building".equals(team.status().reason()));
    assertThat(team.pods()).hasSize(1);
  }

  private void report(PodStatus status) {
    plane
        .client()
        .resource(team.pods().getFirst())
        .editStatus(pod -> new PodBuilder(pod).withStatus(status).build());
  }
}
