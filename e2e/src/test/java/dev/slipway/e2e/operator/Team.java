package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.Condition;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Phase;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;

/**
 * What the people of a namespace see of their ImageBuild.
 *
 * @param client their way to the API server
 * @param inTime how long a trouble may be unsaid
 */
record Team(KubernetesClient client, String namespace, Duration inTime) {
  /** So long after its cause a trouble may be unsaid. */
  static final Duration IN_TIME = Duration.ofSeconds(5);

  Team(KubernetesClient client, String namespace) {
    this(client, namespace, IN_TIME);
  }

  /** From now on, in time, both the condition and an Event say it. */
  void assertNamed(String reason, String message) {
    Awaitility.await()
        .atMost(inTime)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .untilAsserted(() -> {
          for (String type : List.of("Ready", "Reconciling")) {
            Condition condition = status().condition(type).orElseThrow();
            assertThat(condition.reason()).as(condition.message()).isEqualTo(reason);
            assertThat(condition.message()).contains(message);
          }
          assertThat(told(reason, message)).as("an event says so").isTrue();
        });
    assertThat(status().phase()).isEqualTo(Phase.PENDING);
  }

  private boolean told(String reason, String message) {
    for (Event event : client.v1().events().inNamespace(namespace).list().getItems()) {
      if ("Warning".equals(event.getType())
          && reason.equals(event.getReason())
          && "app".equals(event.getInvolvedObject().getName())
          && event.getMessage().contains(message)) {
        return true;
      }
    }
    return false;
  }

  ImageBuildStatus status() {
    ImageBuild build =
        client.resources(ImageBuild.class).inNamespace(namespace).withName("app").require();
    return build.getStatus() == null ? ImageBuildStatus.EMPTY : build.getStatus();
  }

  List<Pod> pods() {
    return client.pods().inNamespace(namespace).list().getItems();
  }

  static void within(Duration limit, BooleanSupplier what) {
    Awaitility.await().atMost(limit).pollInterval(Duration.ofMillis(50)).until(what::getAsBoolean);
  }
}
