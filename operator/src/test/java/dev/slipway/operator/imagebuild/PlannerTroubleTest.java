package dev.slipway.operator.imagebuild;

import static dev.slipway.operator.imagebuild.Builds.DIGEST;
import static dev.slipway.operator.imagebuild.Builds.created;
import static dev.slipway.operator.imagebuild.Builds.imageBuild;
import static dev.slipway.operator.imagebuild.Builds.pending;
import static dev.slipway.operator.imagebuild.Builds.running;
import static dev.slipway.operator.imagebuild.Builds.spec;
import static dev.slipway.operator.imagebuild.Builds.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.Phase;
import dev.slipway.operator.imagebuild.Plan.Notice;
import dev.slipway.operator.pod.PodState.Trouble;
import dev.slipway.operator.pod.PodWarning;
import dev.slipway.operator.queue.Admission;
import dev.slipway.operator.source.Resolution;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What keeps a build from starting, what is said of it, and how long it is waited for. */
final class PlannerTroubleTest extends PlannerFixture {
  @Test
  void anUnknownRefStallsWithItsReasonAndKeepsTheImage() {
    ImageBuild changed = with(imageBuild(spec("target: prod"), 2), built().getStatus());
    Plan plan = plan(changed, new Resolution.Failed("GitRefNotFound", "no branch 'x'", T0));
    assertThat(plan.status().reason()).isEqualTo("GitRefNotFound");
    assertThat(condition(plan, "Stalled")).isTrue();
    assertThat(plan.status().digest()).isEqualTo(DIGEST);
    Plan later = plan(with(changed, plan.status()), COMMIT);
    assertThat(later.creates()).isTrue();
    assertThat(later.status().failure()).isNull();
  }

  @Test
  void anUnreachableGitHostIsWorkedOnUntilTheDeadline() {
    Resolution failed = new Resolution.Failed("GitUnreachable", "timed out", T0);
    Plan soon = plan(fresh, failed, T0.plusSeconds(60));
    assertThat(condition(soon, "Reconciling")).isTrue();
    Plan late = plan(fresh, failed, T0.plus(Duration.ofHours(2)));
    assertThat(condition(late, "Stalled")).isTrue();
  }

  @Test
  void aMissingSecretIsNamedWithinSecondsAndGoesOnByItself() {
    Started s = start(fresh);
    Pod pod = pending(s.pod(), T0);
    Plan quiet = plan(s.build(), UNASKED, T0.plusMillis(100), pod);
    assertThat(quiet.again().orElseThrow()).isLessThanOrEqualTo(Duration.ofSeconds(2));
    Plan plan =
        planner.plan(
            Seen.of(s.build(), pod)
                .with(
                    new PodWarning(
                        "FailedMount",
                        "MountVolume.SetUp failed for volume \"docker-config\" : secret \"push\" not found"))
                .with(new Admission.Unasked())
                .at(T0.plusSeconds(2)));
    assertThat(plan.status().reason()).isEqualTo("SecretNotFound");
    assertThat(plan.status().phase()).isEqualTo(Phase.PENDING);
    assertThat(condition(plan, "Reconciling")).isTrue();
    assertThat(plan.notices()).hasSize(1);
    Plan resumed =
        plan(with(s.build(), plan.status()), UNASKED, T0.plusSeconds(9), running(s.pod(), T0));
    assertThat(resumed.status().reason()).isEqualTo("Building");
  }

  @Test
  void waitingHasADeadline() {
    Started s = start(fresh);
    Pod pod = pending(s.pod(), T0);
    pod.getStatus()
        .setConditions(
            List.of(
                new io.fabric8.kubernetes.api.model.PodConditionBuilder()
                    .withType("PodScheduled")
                    .withStatus("False")
                    .withReason("Unschedulable")
                    .withMessage("0/3 nodes are available")
                    .build()));
    assertThat(plan(s.build(), UNASKED, T0.plusSeconds(1), pod).status().reason())
        .isEqualTo("Unschedulable");
    Plan end = plan(s.build(), UNASKED, T0.plus(Duration.ofHours(1)), pod);
    assertThat(end.status().phase()).isEqualTo(Phase.FAILED);
    assertThat(end.status().reason()).isEqualTo("Unschedulable");
    assertThat(deleted(end)).hasSize(1);
  }

  @Test
  void aPodThatOnlyTakesLongSaysSoAndHasADeadlineToo() {
    Started s = start(fresh);
    Pod pod = pending(s.pod(), T0);
    pod.getStatus().setStartTime(T0.toString());
    assertThat(plan(s.build(), UNASKED, T0.plusSeconds(3), pod).status().reason())
        .isEqualTo("Building");
    Plan slow = plan(s.build(), UNASKED, T0.plusSeconds(60), pod);
    assertThat(slow.status().reason()).isEqualTo("PodStarting");
    assertThat(condition(slow, "Reconciling")).isTrue();
    assertThat(slow.again()).isPresent();
    Plan end = plan(s.build(), UNASKED, T0.plus(Duration.ofHours(1)), pod);
    assertThat(end.status().phase()).isEqualTo(Phase.FAILED);
    assertThat(end.status().reason()).isEqualTo("BuilderStartFailed");
    assertThat(deleted(end)).containsExactly(pod.getMetadata().getName());
  }

  @Test
  void aPodThatNobodyLooksAtSaysSo() {
    Started s = start(fresh);
    Plan plan = plan(s.build(), UNASKED, T0.plusSeconds(31), pending(s.pod(), T0));
    assertThat(plan.status().reason()).isEqualTo("Unschedulable");
    assertThat(plan.notices()).singleElement().matches(Notice::warning);
    Plan resumed =
        plan(with(s.build(), plan.status()), UNASKED, T0.plusSeconds(40), running(s.pod(), T0));
    assertThat(resumed.status().reason()).isEqualTo("Building");
  }

  @Test
  void aNodeThatFallsSilentIsNamedWhileThePodIsStillThere() {
    Started s = start(fresh);
    Pod silent = running(s.pod(), T0);
    silent
        .getStatus()
        .setConditions(List.of(condition("Ready", "False"), condition("ContainersReady", "True")));
    assertThat(PodChanges.matter(silent, running(s.pod(), T0))).isTrue();
    Plan plan = plan(s.build(), UNASKED, T0.plusSeconds(60), silent);
    assertThat(plan.status().reason()).isEqualTo("NodeLost");
    assertThat(plan.status().phase()).isEqualTo(Phase.BUILDING);
    assertThat(plan.notices()).singleElement().matches(Notice::warning);
    assertThat(plan.creates()).isFalse();
    Plan back =
        plan(with(s.build(), plan.status()), UNASKED, T0.plusSeconds(90), running(s.pod(), T0));
    assertThat(back.status().reason()).isEqualTo("Building");
  }

  private static io.fabric8.kubernetes.api.model.PodCondition condition(
      String type, String status) {
    return new io.fabric8.kubernetes.api.model.PodConditionBuilder()
        .withType(type)
        .withStatus(status)
        .build();
  }

  @Test
  void aRefusedPodIsTriedAgainAndSaysWhy() {
    Plan refused =
        planner.plan(
            Seen.of(fresh)
                .with(COMMIT)
                .with(new Trouble("QuotaExceeded", "exceeded quota: builds"))
                .at(T0));
    assertThat(refused.creates()).isFalse();
    assertThat(refused.status().reason()).isEqualTo("QuotaExceeded");
    assertThat(refused.again()).isPresent();
    assertThat(build(refused).podName()).isNull();
    // The branch may move meanwhile; the decision stays.
    Plan again = plan(with(fresh, refused.status()), UNASKED, T0.plusSeconds(5));
    assertThat(created(again)).isEqualTo(created(plan(fresh, COMMIT)));
  }
}
