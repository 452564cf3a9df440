package dev.slipway.operator.imagebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Phase;
import dev.slipway.operator.MockCluster;
import dev.slipway.operator.Operator;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The whole loop against an API server that stores and watches. */
final class ReconcileTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final MockCluster cluster = new MockCluster();
  private Operator operator = cluster.operator();

  @AfterEach
  void stop() {
    operator.close();
    cluster.close();
  }

  private ImageBuild apply(String target) {
    ImageBuild build =
        Serialization.unmarshal(
            """
            apiVersion: slipway.dev/v1alpha1
            kind: ImageBuild
            metadata: {name: app, namespace: team}
            spec:
              source: {git: {url: "https://git.invalid/app.git", ref: %s}}
              target: %s
              output: {image: registry.example.com/team/app}
            """
                .formatted(Builds.SHA, target),
            ImageBuild.class);
    var resource = cluster.client.resources(ImageBuild.class).inNamespace("team").withName("app");
    return resource.get() == null
        ? cluster.client.resource(build).create()
        : resource.edit(existing -> {
          existing.setSpec(build.getSpec());
          return existing;
        });
  }

  private Pod pod(int count) {
    await().atMost(PATIENCE).until(() -> cluster.pods().size() >= count);
    List<Pod> pods = cluster.pods();
    assertThat(pods).hasSize(count);
    return pods.stream()
        .filter(p -> p.getStatus() == null || p.getStatus().getPhase() == null)
        .findFirst()
        .orElseThrow();
  }

  private ImageBuildStatus status(Predicate<ImageBuildStatus> expected) {
    await()
        .atMost(PATIENCE)
        .until(() -> {
          ImageBuildStatus status = cluster.get("app").getStatus();
          return status != null && expected.test(status);
        });
    return Objects.requireNonNull(cluster.get("app").getStatus());
  }

  private static String success() {
    return Objects.requireNonNull(
        Builds.succeeded(new Pod(), java.time.Instant.EPOCH, java.time.Instant.EPOCH)
            .getStatus()
            .getContainerStatuses()
            .get(0)
            .getState()
            .getTerminated()
            .getMessage());
  }

  @Test
  void fromApplyToDigestAndAgainAfterAChangeOnly() {
    apply("dev");
    Pod pod = pod(1);
    status(s -> s.phase() == Phase.BUILDING);
    cluster.start(pod);
    cluster.finish(pod, true, success());
    ImageBuildStatus done = status(s -> s.phase() == Phase.SUCCEEDED);
    assertThat(done.digest()).isEqualTo(Builds.DIGEST);

    // The same manifest again changes nothing.
    String version = cluster.get("app").getMetadata().getResourceVersion();
    apply("dev");
    assertThat(cluster.pods()).hasSize(1);
    assertThat(Objects.requireNonNull(cluster.get("app").getStatus())).isEqualTo(done);
    assertThat(version).isNotEmpty();

    apply("prod");
    Pod second = pod(2);
    cluster.finish(second, true, success());
    ImageBuildStatus again = status(s -> s.phase() == Phase.SUCCEEDED && s.history().size() == 2);
    assertThat(again.history()).hasSize(2);
    await()
        .atMost(PATIENCE)
        .until(() ->
            cluster.client.v1().events().inNamespace("team").list().getItems().stream()
                    .filter(e -> "Succeeded".equals(e.getReason()))
                    .count()
                == 2);
  }

  @Test
  void aRestartAtAnyMomentStartsNoSecondBuild() {
    apply("dev");
    Pod pod = pod(1);
    restart();
    status(s -> s.phase() == Phase.BUILDING);
    cluster.start(pod);
    restart();
    operator.close();
    cluster.finish(pod, true, success());
    operator = cluster.operator();
    status(s -> s.phase() == Phase.SUCCEEDED);
    restart();
    assertThat(cluster.pods()).hasSize(1);
  }

  @Test
  void aLostStatusIsWrittenAgainByTheNextOperator() {
    apply("dev");
    Pod pod = pod(1);
    cluster.finish(pod, true, success());
    status(s -> s.phase() == Phase.SUCCEEDED);
    operator.close();
    cluster
        .client
        .resource(cluster.get("app"))
        .editStatus(b -> {
          b.setStatus(ImageBuildStatus.EMPTY);
          return b;
        });
    operator = cluster.operator();
    assertThat(status(s -> s.phase() == Phase.SUCCEEDED).digest()).isEqualTo(Builds.DIGEST);
    assertThat(cluster.pods()).hasSize(1);
  }

  @Test
  void aFailureIsToldWithItsLine() {
    apply("dev");
    Pod pod = pod(1);
    String message =
        """
        {"version":1,"outcome":"Failed","failure":{"reason":"RunFailed","message":"m","line":7,"retryable":false}}\
        """;
    cluster.finish(pod, false, message);
    ImageBuildStatus failed = status(s -> s.phase() == Phase.FAILED);
    assertThat(Objects.requireNonNull(failed.failure()).line()).isEqualTo(7);
  }

  @Test
  void aRequestAndACancelAreAnnotations() {
    apply("dev");
    cluster.finish(pod(1), true, success());
    status(s -> s.phase() == Phase.SUCCEEDED);
    annotate(ImageBuild.REQUESTED_AT, "1");
    Pod second = pod(2);
    cluster.start(second);
    annotate(ImageBuild.CANCEL_REQUESTED_AT, "1");
    status(s -> s.phase() == Phase.CANCELLED);
    await().atMost(PATIENCE).until(() -> cluster.pods().size() == 1);
  }

  @Test
  void aMissingSecretIsToldFromTheKubeletsEvent() {
    apply("dev");
    Pod pod = pod(1);
    cluster
        .client
        .v1()
        .events()
        .resource(
            new io.fabric8.kubernetes.api.model.EventBuilder()
                .withNewMetadata()
                .withName("mount")
                .withNamespace("team")
                .endMetadata()
                .withType("Warning")
                .withReason("FailedMount")
                .withMessage("MountVolume.SetUp failed for volume \"x\" : secret \"x\" not found")
                .withNewInvolvedObject()
                .withKind("Pod")
                .withName(pod.getMetadata().getName())
                .withUid(pod.getMetadata().getUid())
                .endInvolvedObject()
                .build())
        .create();
    await()
        .atMost(Duration.ofSeconds(6))
        .until(() -> "SecretNotFound".equals(status(s -> true).reason()));
  }

  private void annotate(String name, String value) {
    cluster
        .client
        .resource(cluster.get("app"))
        .edit(b -> {
          b.getMetadata().setAnnotations(java.util.Map.of(name, value));
          return b;
        });
  }

  private void restart() {
    operator.close();
    operator = cluster.operator();
  }
}
