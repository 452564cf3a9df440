package dev.slipway.operator.imagebuild;

import static dev.slipway.operator.imagebuild.Builds.DIGEST;
import static dev.slipway.operator.imagebuild.Builds.annotated;
import static dev.slipway.operator.imagebuild.Builds.created;
import static dev.slipway.operator.imagebuild.Builds.imageBuild;
import static dev.slipway.operator.imagebuild.Builds.running;
import static dev.slipway.operator.imagebuild.Builds.spec;
import static dev.slipway.operator.imagebuild.Builds.succeeded;
import static dev.slipway.operator.imagebuild.Builds.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildSpec;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Outcome;
import dev.slipway.api.Phase;
import dev.slipway.operator.imagebuild.Plan.Action;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What starts another build, stops one, or does neither: changes, requests, cancel, suspend. */
final class PlannerChangesTest extends PlannerFixture {
  @Test
  void aChangedInputBuildsAgainAndSaysWhatChanged() {
    ImageBuild changed = with(imageBuild(spec("target: prod"), 2), built().getStatus());
    Plan plan = plan(changed, COMMIT);
    assertThat(created(plan).getMetadata().getName())
        .isNotEqualTo(start(fresh).pod().getMetadata().getName());
    assertThat(build(plan).number()).isEqualTo(2);
    assertThat(build(plan).reason()).isEqualTo("SpecChanged");
    assertThat(build(plan).trigger()).isEqualTo("target: (default) -> prod");
  }

  @Test
  void whatIsNoInputDoesNotBuildAgain() {
    for (String extra :
        List.of("suspend: true", "timeout: 2h", "retries: 9", "pod: {nodeSelector: {a: b}}")) {
      ImageBuild changed = with(imageBuild(spec(extra), 2), built().getStatus());
      Plan plan = plan(changed, UNASKED);
      assertThat(plan.actions())
          .as(extra)
          .containsExactly(new Action.ForgetCommit(), new Action.Leave());
      assertThat(plan.status().observedGeneration()).isEqualTo(2);
      assertThat(condition(plan, "Ready")).isTrue();
    }
  }

  @Test
  void anotherRefForTheSameCommitDoesNotBuildAgain() {
    ImageBuild build = built();
    build.setSpec(
        Serialization.unmarshal(
            """
            source: {git: {url: "https://git.example.com/team/app.git", ref: v1.0}}
            output: {image: registry.example.com/team/app, tags: [v1]}
            """,
            ImageBuildSpec.class));
    Plan same = plan(build, COMMIT);
    assertThat(same.creates()).isFalse();
    assertThat(same.status().observedInputs()).containsEntry("source.git.ref", "v1.0");
    assertThat(plan(build, OTHER).creates()).isTrue();
  }

  @Test
  void aFailedBuildIsTriedAgainWhenItsCircumstancesChange() {
    ImageBuild changed = with(imageBuild(spec("timeout: 2h"), 2), failedBuild().getStatus());
    assertThat(plan(changed, COMMIT).creates()).isTrue();
    ImageBuild suspended = with(imageBuild(spec("retries: 4"), 2), failedBuild().getStatus());
    assertThat(plan(suspended, COMMIT).creates()).isFalse();
  }

  @Test
  void aChangeDuringABuildStopsItAndThenBuildsTheNewWish() {
    Started s = start(fresh);
    ImageBuild changed = with(imageBuild(spec("target: prod"), 2), s.build().getStatus());
    Pod old = running(s.pod(), T0);
    Plan stop = plan(changed, COMMIT, old);
    assertThat(deleted(stop)).containsExactly(old.getMetadata().getName());
    assertThat(stop.creates()).isFalse();
    assertThat(stop.status().history().get(0).outcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(stop.status().history().get(0).reason()).isEqualTo("Superseded");

    ImageBuild stopped = with(changed, stop.status());
    assertThat(plan(stopped, UNASKED, old).creates()).isFalse();
    Plan next = plan(stopped, UNASKED);
    assertThat(created(next).getSpec().getContainers().get(0).getArgs()).contains("--target=prod");
    assertThat(build(next).number()).isEqualTo(2);
  }

  // ---- requests ------------------------------------------------------------------------------

  @Test
  void aRequestBuildsOnceWhateverItsValue() {
    ImageBuild asked = annotated(built(), ImageBuild.REQUESTED_AT, "today");
    Plan plan = plan(asked, COMMIT);
    assertThat(build(plan).reason()).isEqualTo("Requested");
    assertThat(build(plan).number()).isEqualTo(2);
    assertThat(plan.status().lastHandledRequestedAt()).isEqualTo("today");
    ImageBuild done =
        with(
            asked,
            plan(with(asked, plan.status()), UNASKED, succeeded(created(plan), T0, T0)).status());
    assertThat(plan(done, COMMIT).creates()).isFalse();
  }

  @Test
  void aRequestDuringABuildComesAfterIt() {
    Started s = start(fresh);
    ImageBuild asked = annotated(s.build(), ImageBuild.REQUESTED_AT, "now");
    assertThat(plan(asked, COMMIT, running(s.pod(), T0)).creates()).isFalse();
    Plan next = plan(asked, COMMIT, succeeded(s.pod(), T0, T0.plusSeconds(1)));
    assertThat(next.creates()).isTrue();
    assertThat(build(next).number()).isEqualTo(2);
    assertThat(next.status().digest()).isEqualTo(DIGEST);
  }

  @Test
  void cancelStopsTheBuildAndStartsNoOther() {
    Started s = start(fresh);
    ImageBuild asked = annotated(s.build(), ImageBuild.CANCEL_REQUESTED_AT, "now");
    Plan plan = plan(asked, UNASKED, running(s.pod(), T0));
    assertThat(deleted(plan)).containsExactly(s.pod().getMetadata().getName());
    assertThat(plan.status().phase()).isEqualTo(Phase.CANCELLED);
    ImageBuild cancelled = with(asked, plan.status());
    Plan after = plan(cancelled, COMMIT);
    assertThat(after.creates()).isFalse();
    assertThat(after.status()).isEqualTo(plan.status());
    assertThat(plan(annotated(cancelled, ImageBuild.REQUESTED_AT, "later"), COMMIT).creates())
        .isTrue();
  }

  /** A death between the delete and the status must not leave a build that nobody knows of. */
  @Test
  void whatOnlyItsPodKnowsIsWrittenBeforeThePodGoes() {
    Started s = start(fresh);
    ImageBuild unwritten = with(fresh, ImageBuildStatus.EMPTY);
    ImageBuild asked = annotated(unwritten, ImageBuild.CANCEL_REQUESTED_AT, "now");
    Pod pod = running(s.pod(), T0);
    Plan known = plan(asked, UNASKED, pod);
    assertThat(known.actions()).isEmpty();
    assertThat(known.notices()).isEmpty();
    assertThat(known.again()).isPresent();
    assertThat(known.status().phase()).isEqualTo(Phase.BUILDING);
    assertThat(known.status().lastHandledCancelRequestedAt()).isNull();
    assertThat(build(known).podName()).isEqualTo(pod.getMetadata().getName());

    Plan stop = plan(with(asked, known.status()), UNASKED, pod);
    assertThat(deleted(stop)).containsExactly(pod.getMetadata().getName());
    assertThat(stop.status().phase()).isEqualTo(Phase.CANCELLED);
    // The status of the cancel was lost, and the pod is gone.
    Plan again = plan(with(asked, known.status()), UNASKED);
    assertThat(again.creates()).isFalse();
    assertThat(again.status().phase()).isEqualTo(Phase.CANCELLED);
  }

  @Test
  void aCancelOfNothingIsNotedAndHarmless() {
    ImageBuild asked = annotated(built(), ImageBuild.CANCEL_REQUESTED_AT, "now");
    Plan plan = plan(asked, UNASKED);
    assertThat(plan.status().phase()).isEqualTo(Phase.SUCCEEDED);
    assertThat(plan.status().lastHandledCancelRequestedAt()).isEqualTo("now");
  }

  @Test
  void suspendHoldsBackAndLetsGo() {
    ImageBuild held = imageBuild(spec("suspend: true"), 1);
    Plan plan = plan(held, COMMIT);
    assertThat(plan.creates()).isFalse();
    assertThat(plan.status().phase()).isEqualTo(Phase.SUSPENDED);
    ImageBuild released = with(imageBuild(spec(""), 2), plan.status());
    assertThat(plan(released, COMMIT).creates()).isTrue();
  }

  // ---- trouble -------------------------------------------------------------------------------
}
