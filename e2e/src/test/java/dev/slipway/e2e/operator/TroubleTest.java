package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.Condition;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Phase;
import dev.slipway.e2e.operator.Scenario.Stage;
import dev.slipway.e2e.operator.SimulatedNode.Fate;
import dev.slipway.operator.queue.Limits;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What keeps a build from starting is named within five seconds, by the condition and by an Event,
 * and once it has passed the build goes on by itself. The embedded API server knows no quotas,
 * webhooks or service accounts: a proxy in front of it says what a real one says.
 */
final class TroubleTest {
  private static final String TEAM = "team";
  private static final Duration IN_TIME = Duration.ofSeconds(5);
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
            + " \"builder\" not found");

    final String reason;
    final String message;

    Refusal(String reason, String message) {
      this.reason = reason;
      this.message = message;
    }
  }

  @SuppressWarnings("NullAway.Init")
  private Api plane;

  @SuppressWarnings("NullAway.Init")
  private FaultProxy proxy;

  @SuppressWarnings("NullAway.Init")
  private Mortal operator;

  @BeforeEach
  void start() throws IOException {
    plane = Api.embedded();
    plane.namespace(TEAM);
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
      proxy.refusePods(refusal.message);
      plane.client().resource(Scenario.SUCCEEDS.manifest(TEAM)).create();

      assertNamed(refusal.reason, refusal.message);
      assertThat(node.born(TEAM)).isEmpty();

      proxy.admitPods();
      within(BY_ITSELF, () -> status().phase() == Phase.SUCCEEDED);
      assertThat(node.born(TEAM)).hasSize(1);
      assertThat(status().condition("Stalled")).isEmpty();
      assertThat(stage.build().get().getStatus().build().attempt()).isEqualTo(1);
    }
  }

  @Test
  void aPodThatNoNodeTakes() {
    plane.client().resource(Scenario.SUCCEEDS.manifest(TEAM)).create();
    within(BY_ITSELF, () -> pods().size() == 1);
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

    assertNamed("Unschedulable", message);

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
    within(IN_TIME, () -> "Building".equals(status().reason()));
    assertThat(pods()).hasSize(1);
  }

  /** From now on, within five seconds, both the condition and an Event say it. */
  private void assertNamed(String reason, String message) {
    within(IN_TIME, () -> told(reason, message) && condition(reason, message));
    assertThat(status().phase()).isEqualTo(Phase.PENDING);
  }

  private boolean condition(String reason, String message) {
    return List.of("Ready", "Reconciling").stream()
        .allMatch(type ->
            status()
                .condition(type)
                .filter((Condition c) -> c.reason().equals(reason) && c.message().contains(message))
                .isPresent());
  }

  private boolean told(String reason, String message) {
    for (Event event : plane.client().v1().events().inNamespace(TEAM).list().getItems()) {
      if ("Warning".equals(event.getType())
          && reason.equals(event.getReason())
          && "app".equals(event.getInvolvedObject().getName())
          && event.getMessage().contains(message)) {
        return true;
      }
    }
    return false;
  }

  private ImageBuildStatus status() {
    var build =
        plane
            .client()
            .resources(dev.slipway.api.ImageBuild.class)
            .inNamespace(TEAM)
            .withName("app")
            .require();
    return build.getStatus() == null ? ImageBuildStatus.EMPTY : build.getStatus();
  }

  private List<Pod> pods() {
    return plane.client().pods().inNamespace(TEAM).list().getItems();
  }

  private void report(PodStatus status) {
    plane
        .client()
        .resource(pods().getFirst())
        .editStatus(pod -> new PodBuilder(pod).withStatus(status).build());
  }

  private static void within(Duration limit, BooleanSupplier what) {
    Awaitility.await().atMost(limit).pollInterval(Duration.ofMillis(50)).until(what::getAsBoolean);
  }
}
