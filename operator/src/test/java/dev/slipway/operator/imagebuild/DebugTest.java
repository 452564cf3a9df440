package dev.slipway.operator.imagebuild;

import static dev.slipway.operator.imagebuild.Builds.SHA;
import static dev.slipway.operator.imagebuild.Builds.annotated;
import static dev.slipway.operator.imagebuild.Builds.created;
import static dev.slipway.operator.imagebuild.Builds.imageBuild;
import static dev.slipway.operator.imagebuild.Builds.runFailed;
import static dev.slipway.operator.imagebuild.Builds.spec;
import static dev.slipway.operator.imagebuild.Builds.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.Outcome;
import dev.slipway.api.Phase;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.pod.PodSettings;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** {@code spec.debug}: a failed stage is kept, told of at once, and given up in time. */
final class DebugTest {
  private static final Instant T0 = Instant.parse("2026-03-01T12:00:00Z");

  private final Planner planner = new Planner(Policy.of(PodSettings.of("slipway:test")));
  private final ImageBuild asked =
      imageBuild(
          spec(
              """
              timeout: 10m
              debug: {keepFor: 30m}
              secrets: [{id: token, secretRef: {name: s, key: k}}]
              """),
          1);

  private Plan plan(ImageBuild build, Instant now, Pod... pods) {
    return planner.plan(Seen.of(build, pods).resolved(SHA).at(now));
  }

  private static boolean deletes(Plan plan, Pod pod) {
    return plan.actions().contains(new Action.DeletePod(pod.getMetadata().getName()));
  }

  /** The build has failed, and the other container still runs. */
  private static Pod held(Pod pod) {
    Pod failed = runFailed(pod, T0, T0.plusSeconds(5), false);
    return new PodBuilder(failed)
        .editStatus()
        .withPhase("Running")
        .addToContainerStatuses(
            new ContainerStatusBuilder()
                .withName("debug")
                .withNewState()
                .withNewRunning(T0.toString())
                .endState()
                .build())
        .endStatus()
        .build();
  }

  @Test
  void thePodHasASecondContainerWithTheStoreAndNoCredentials() {
    Pod pod = created(plan(asked, T0));
    String name = pod.getMetadata().getName();
    Container build = pod.getSpec().getContainers().get(0);
    Container debug = pod.getSpec().getContainers().get(1);

    assertThat(build.getArgs())
        .contains("--on-error=keep", "--keep-as=" + name, "--timeout=600s")
        .contains(
            "--debug-hint=kubectl exec -it -n team "
                + name
                + " -c debug -- sh /var/lib/slipway/debug-"
                + name);
    assertThat(debug.getName()).isEqualTo("debug");
    assertThat(debug.getArgs())
        .containsExactly(
            "hold", "--root=/var/lib/slipway", "--kept-as=" + name, "--keep-for=1800s");
    assertThat(debug.getVolumeMounts())
        .extracting(VolumeMount::getName)
        .containsExactly("store", "tmp");
    assertThat(build.getVolumeMounts()).extracting(VolumeMount::getName).contains("secret-0");
    assertThat(pod.getSpec().getActiveDeadlineSeconds()).isEqualTo(600 + 1800 + 120);
  }

  @Test
  void withoutItThereIsOneContainer() {
    Pod pod = created(plan(imageBuild(spec(""), 1), T0));
    assertThat(pod.getSpec().getContainers()).hasSize(1);
    assertThat(pod.getSpec().getContainers().get(0).getArgs())
        .noneMatch(word -> word.startsWith("--on-error"));
  }

  @Test
  void theFailureIsToldWhileThePodIsHeld() {
    Plan start = plan(asked, T0);
    Pod pod = held(created(start));

    Plan failed = plan(with(asked, start.status()), T0.plusSeconds(6), pod);

    assertThat(failed.status().phase()).isEqualTo(Phase.FAILED);
    assertThat(Objects.requireNonNull(failed.status().build()).outcome()).isEqualTo(Outcome.FAILED);
    assertThat(Objects.requireNonNull(failed.status().failure()).message())
        .contains("RUN make ended with exit code 2")
        .contains("until 2026-03-01T12:30:05Z you can look around in its stage: kubectl exec -it")
        .contains("-c debug -- sh /var/lib/slipway/debug-");
    assertThat(failed.status().condition("Ready").orElseThrow().message()).contains("kubectl exec");
    assertThat(failed.status().condition("Stalled")).isPresent();
    assertThat(deletes(failed, pod)).isFalse();
  }

  @Test
  void retentionWaitsForIt() {
    ImageBuild none = imageBuild(spec("debug: {}\nretention: {failed: 0, ttl: 1s}\n"), 1);
    Plan start = plan(none, T0);
    Pod pod = held(created(start));
    Plan failed = plan(with(none, start.status()), T0.plusSeconds(6), pod);

    assertThat(deletes(plan(with(none, failed.status()), T0.plusSeconds(60), pod), pod)).isFalse();
    Pod released = runFailed(created(start), T0, T0.plusSeconds(5), false);
    assertThat(deletes(plan(with(none, failed.status()), T0.plusSeconds(60), released), released))
        .isTrue();
  }

  @Test
  void aCancelEndsIt() {
    Plan start = plan(asked, T0);
    Pod pod = held(created(start));
    ImageBuild failed = with(asked, plan(with(asked, start.status()), T0, pod).status());

    Plan cancelled =
        plan(annotated(failed, ImageBuild.CANCEL_REQUESTED_AT, "now"), T0.plusSeconds(9), pod);

    assertThat(deletes(cancelled, pod)).isTrue();
    assertThat(cancelled.status().phase()).isEqualTo(Phase.FAILED);
  }

  @Test
  void anotherBuildEndsIt() {
    Plan start = plan(asked, T0);
    Pod pod = held(created(start));
    ImageBuild failed = with(asked, plan(with(asked, start.status()), T0, pod).status());

    Plan again = plan(annotated(failed, ImageBuild.REQUESTED_AT, "now"), T0.plusSeconds(9), pod);

    assertThat(deletes(again, pod)).isTrue();
    assertThat(again.creates()).isTrue();
  }

  @Test
  void askingForItAfterAFailureBuildsAgain() {
    ImageBuild plain = imageBuild(spec("timeout: 10m\n"), 1);
    Plan start = plan(plain, T0);
    Pod pod = runFailed(created(start), T0, T0.plusSeconds(5), false);
    ImageBuild failed = with(plain, plan(with(plain, start.status()), T0, pod).status());

    ImageBuild changed = with(imageBuild(asked.getSpec(), 2), failed.getStatus());
    assertThat(plan(changed, T0.plusSeconds(9), pod).creates()).isTrue();
  }

  @Test
  void theDeadlineOfAHeldPodIsNotATimeoutOfTheBuild() {
    Plan start = plan(asked, T0);
    Pod late =
        new PodBuilder(held(created(start)))
            .editStatus()
            .withPhase("Failed")
            .withReason("DeadlineExceeded")
            .endStatus()
            .build();

    Plan failed = plan(with(asked, start.status()), T0.plusSeconds(3000), late);

    assertThat(Objects.requireNonNull(failed.status().failure()).reason()).isEqualTo("RunFailed");
  }
}
