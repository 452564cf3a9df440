package dev.slipway.operator.imagebuild;

import static dev.slipway.operator.imagebuild.Builds.DIGEST;
import static dev.slipway.operator.imagebuild.Builds.OTHER_SHA;
import static dev.slipway.operator.imagebuild.Builds.SHA;
import static dev.slipway.operator.imagebuild.Builds.annotated;
import static dev.slipway.operator.imagebuild.Builds.created;
import static dev.slipway.operator.imagebuild.Builds.imageBuild;
import static dev.slipway.operator.imagebuild.Builds.runFailed;
import static dev.slipway.operator.imagebuild.Builds.running;
import static dev.slipway.operator.imagebuild.Builds.spec;
import static dev.slipway.operator.imagebuild.Builds.succeeded;
import static dev.slipway.operator.imagebuild.Builds.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildSpec;
import dev.slipway.api.Outcome;
import dev.slipway.api.Phase;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.queue.Admission;
import dev.slipway.operator.source.RefWatcher.Sighting;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Retention, following, the queue, and what builds may overlap. */
final class PlannerPolicyTest extends PlannerFixture {
  @Test
  void oldPodsGoAndTheNewestStay() {
    ImageBuild build = built();
    List<Pod> pods = new java.util.ArrayList<>();
    pods.add(succeeded(start(fresh).pod(), T0, T0));
    for (int i = 0; i < 5; i++) {
      ImageBuild asked = annotated(build, ImageBuild.REQUESTED_AT, "r" + i);
      Plan plan = plan(asked, COMMIT, pods.toArray(Pod[]::new));
      Pod pod = succeeded(created(plan), T0, T0);
      pods.add(pod);
      build = with(asked, plan.status());
      build = with(build, plan(build, UNASKED, pods.toArray(Pod[]::new)).status());
      Plan after = plan(build, UNASKED, pods.toArray(Pod[]::new));
      pods.removeIf(p -> deleted(after).contains(p.getMetadata().getName()));
    }
    assertThat(pods).hasSize(1);
    assertThat(Objects.requireNonNull(build.getStatus()).history()).hasSize(6);
  }

  // ---- following -----------------------------------------------------------------------------

  private Plan followed(ImageBuild build, Sighting sighting, Instant when) {
    return planner.plan(Seen.of(build).with(sighting).at(when));
  }

  @Test
  void aFollowedRefThatMovedIsBuiltAtTheCommitThatWasSeen() {
    ImageBuild following = with(imageBuild(spec("follow: {}"), 1), built().getStatus());
    Instant later = T0.plusSeconds(600);
    Plan same = followed(following, new Sighting.Seen(SHA, later), later);
    assertThat(same.creates()).isFalse();
    Plan moved = followed(following, new Sighting.Seen(OTHER_SHA, later), later);
    assertThat(build(moved).reason()).isEqualTo("NewCommit");
    assertThat(build(moved).trigger()).isEqualTo("main: 0123456789ab -> fedcba987654");
    assertThat(created(moved).getSpec().getContainers().get(0).getArgs().get(1))
        .contains("commit=" + OTHER_SHA);
    assertThat(moved.actions()).noneMatch(Action.Resolve.class::isInstance);
  }

  @Test
  void whatWasSeenBeforeTheDecisionSaysNothing() {
    ImageBuild following = with(imageBuild(spec("follow: {}"), 1), built().getStatus());
    assertThat(
            followed(
                    following, new Sighting.Seen(OTHER_SHA, T0.minusSeconds(5)), T0.plusSeconds(60))
                .creates())
        .isFalse();
    // And one who follows nothing is not moved by anything.
    assertThat(followed(built(), new Sighting.Seen(OTHER_SHA, T0.plusSeconds(9)), T0).creates())
        .isFalse();
  }

  @Test
  void whoCannotFollowSaysWhyAndStaysReady() {
    ImageBuild following = with(imageBuild(spec("follow: {interval: 1m}"), 2), built().getStatus());
    Plan well = followed(following, new Sighting.Nothing(), T0);
    assertThat(condition(well, "Following")).isTrue();
    Plan blind = followed(following, new Sighting.Blind("SecretAccessDenied", "grant it"), T0);
    assertThat(blind.status().condition("Following").orElseThrow().reason())
        .isEqualTo("SecretAccessDenied");
    assertThat(condition(blind, "Ready")).isTrue();
    ImageBuild pinned = with(following, well.status());
    pinned.setSpec(
        Serialization.unmarshal(
            """
            source: {git: {url: "https://git.example.com/team/app.git", ref: %s}}
            output: {image: registry.example.com/team/app, tags: [v1]}
            follow: {interval: 1m}
            """
                .formatted(SHA),
            ImageBuildSpec.class));
    assertThat(
            planner
                .plan(Seen.of(pinned).with(COMMIT).at(T0))
                .status()
                .condition("Following")
                .orElseThrow()
                .reason())
        .isEqualTo("RefIsCommit");
  }

  // ---- the queue -----------------------------------------------------------------------------

  private Plan queued(ImageBuild build, Instant when) {
    return planner.plan(
        Seen.of(build)
            .with(COMMIT)
            .with(new Admission.Waiting(3, "2 builds run on this cluster, and the limit is 2"))
            .at(when));
  }

  @Test
  void whoWaitsHasAPositionAndIsPinnedAlready() {
    Plan plan = queued(fresh, T0);
    assertThat(plan.creates()).isFalse();
    assertThat(plan.status().phase()).isEqualTo(Phase.QUEUED);
    assertThat(plan.status().queuePosition()).isEqualTo(3);
    assertThat(build(plan).podName()).isNull();
    Plan granted = plan(with(fresh, plan.status()), UNASKED, T0.plusSeconds(60));
    assertThat(granted.status().queuePosition()).isNull();
    assertThat(created(granted)).isEqualTo(created(plan(fresh, COMMIT)));
  }

  @Test
  void waitingInTheQueueEndsAtWaitTimeout() {
    ImageBuild impatient = imageBuild(spec("waitTimeout: 5m"), 1);
    Plan waiting = queued(impatient, T0);
    assertThat(waiting.again()).contains(Duration.ofMinutes(5));
    Plan end = queued(with(impatient, waiting.status()), T0.plus(Duration.ofMinutes(5)));
    assertThat(end.status().reason()).isEqualTo("Timeout");
    assertThat(end.status().phase()).isEqualTo(Phase.FAILED);
  }

  // ---- policies ------------------------------------------------------------------------------

  @Test
  void forbidLetsTheRunningBuildFinishFirst() {
    Started s = start(imageBuild(spec("concurrencyPolicy: Forbid"), 1));
    ImageBuild changed =
        with(imageBuild(spec("concurrencyPolicy: Forbid\ntarget: prod"), 2), s.build().getStatus());
    Plan running = plan(changed, COMMIT, running(s.pod(), T0));
    assertThat(deleted(running)).isEmpty();
    assertThat(running.creates()).isFalse();
    Plan next = plan(changed, COMMIT, succeeded(s.pod(), T0, T0.plusSeconds(1)));
    assertThat(next.status().digest()).isEqualTo(DIGEST);
    assertThat(build(next).trigger()).contains("target");
    assertThat(next.creates()).isTrue();
  }

  /** The pod of build 1 is made of the spec of build 1, or there is none. */
  @ParameterizedTest
  @ValueSource(strings = {"Forbid", "Allow"})
  void whatFailedAfterTheSpecHasChangedIsNotTriedAgainWithTheNewOne(String policy) {
    String may = "retries: 3\nconcurrencyPolicy: " + policy;
    Started s = start(imageBuild(spec(may), 1));
    ImageBuild changed = with(imageBuild(spec(may + "\ntarget: prod"), 2), s.build().getStatus());
    Pod failed = runFailed(s.pod(), T0, T0.plusSeconds(5), true);
    // Long after the delay between attempts, so that nothing holds the next one back.
    Plan next = plan(changed, COMMIT, T0.plus(Duration.ofHours(1)), failed);

    BuildRecord made = BuildRecord.of(created(next)).orElseThrow();
    assertThat(made.number()).isEqualTo(2);
    assertThat(made.inputs()).containsEntry("target", "prod");
    assertThat(args(created(next))).contains("--target=prod");
    assertThat(next.status().history().getFirst().outcome()).isEqualTo(Outcome.FAILED);
    assertThat(next.status().history().getFirst().number()).isEqualTo(1);
    // And without the change, it is the second attempt of the first build.
    Plan same = plan(s.build(), COMMIT, T0.plus(Duration.ofHours(1)), failed);
    assertThat(build(same).number()).isEqualTo(1);
    assertThat(build(same).attempt()).isEqualTo(2);
    assertThat(args(created(same))).noneMatch(a -> a.startsWith("--target"));
  }

  /** What makes for no other image may change between attempts, and the record says so. */
  @Test
  void anotherAttemptIsRecordedWithTheCircumstancesThatItHas() {
    Started s = start(imageBuild(spec("retries: 3"), 1));
    ImageBuild longer = with(imageBuild(spec("retries: 3\ntimeout: 2h"), 2), s.build().getStatus());
    Plan next =
        plan(
            longer,
            COMMIT,
            T0.plus(Duration.ofHours(1)),
            runFailed(s.pod(), T0, T0.plusSeconds(5), true));
    assertThat(created(next).getSpec().getActiveDeadlineSeconds()).isEqualTo(7200);
    assertThat(BuildRecord.of(created(next)).orElseThrow().inputs()).containsEntry("timeout", "2h");
    assertThat(next.status().observedInputs()).containsEntry("timeout", "2h");
    assertThat(build(next).attempt()).isEqualTo(2);
  }

  private static List<String> args(Pod pod) {
    return pod.getSpec().getContainers().getFirst().getArgs();
  }

  @Test
  void podsGoWhenTheirTimeIsUpAndNotBeforeTheirEndIsWritten() {
    ImageBuild short1 = imageBuild(spec("retention: {ttl: 1h, succeeded: 5}"), 1);
    Started s = start(short1);
    Pod pod = succeeded(s.pod(), T0, T0.plusSeconds(41));
    Plan end = plan(s.build(), UNASKED, T0.plus(Duration.ofHours(2)), pod);
    assertThat(deleted(end)).isEmpty();
    assertThat(end.again()).isPresent();
    ImageBuild done = with(short1, end.status());
    assertThat(deleted(plan(done, UNASKED, T0.plusSeconds(60), pod))).isEmpty();
    assertThat(plan(done, UNASKED, T0.plusSeconds(60), pod).again())
        .contains(Duration.ofSeconds(3600 - 60 + 41));
    assertThat(deleted(plan(done, UNASKED, T0.plus(Duration.ofHours(2)), pod))).hasSize(1);
  }

  @Test
  void theImageIsPublishedToAConfigMapOnRequest() {
    ImageBuild asks =
        imageBuild(
            Serialization.unmarshal(
                """
                source: {git: {url: "https://git.example.com/team/app.git", ref: main}}
                output: {image: registry.example.com/team/app, configMap: true}
                """,
                ImageBuildSpec.class),
            1);
    Started s = start(asks);
    Plan plan = plan(s.build(), UNASKED, succeeded(s.pod(), T0, T0.plusSeconds(1)));
    assertThat(plan.actions())
        .filteredOn(Action.Publish.class::isInstance)
        .singleElement()
        .satisfies(a ->
            assertThat(((Action.Publish) a).configMap().getData())
                .containsEntry("image", "registry.example.com/team/app@" + DIGEST)
                .containsEntry("commit", SHA));
    assertThat(plan(with(asks, plan.status()), UNASKED).actions())
        .noneMatch(Action.Publish.class::isInstance);
  }
}
