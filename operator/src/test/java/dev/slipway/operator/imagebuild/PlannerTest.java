package dev.slipway.operator.imagebuild;

import static dev.slipway.operator.imagebuild.Builds.DIGEST;
import static dev.slipway.operator.imagebuild.Builds.SHA;
import static dev.slipway.operator.imagebuild.Builds.created;
import static dev.slipway.operator.imagebuild.Builds.ended;
import static dev.slipway.operator.imagebuild.Builds.imageBuild;
import static dev.slipway.operator.imagebuild.Builds.runFailed;
import static dev.slipway.operator.imagebuild.Builds.running;
import static dev.slipway.operator.imagebuild.Builds.spec;
import static dev.slipway.operator.imagebuild.Builds.succeeded;
import static dev.slipway.operator.imagebuild.Builds.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Outcome;
import dev.slipway.api.Phase;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.source.Resolution;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The decisions about one build, one by one: what is seen and what follows. */
final class PlannerTest extends PlannerFixture {
  @Test
  void firstTheRefIsResolvedAndNothingIsWritten() {
    Plan plan = plan(fresh, UNASKED);
    assertThat(plan.actions()).containsExactly(new Action.Resolve());
    assertThat(plan.status()).isEqualTo(ImageBuildStatus.EMPTY);
  }

  @Test
  void aSlowGitServerShowsInTheStatus() {
    Plan plan = plan(fresh, new Resolution.Pending(T0), T0.plusSeconds(2));
    assertThat(plan.status().phase()).isEqualTo(Phase.RESOLVING);
    assertThat(condition(plan, "Reconciling")).isTrue();
    assertThat(plan.creates()).isFalse();
  }

  @Test
  void aResolvedRefBecomesAPodPinnedToTheCommit() {
    Plan plan = plan(fresh, COMMIT);
    Pod pod = created(plan);
    assertThat(pod.getSpec().getContainers().get(0).getArgs().get(1))
        .isEqualTo(
            "https://git.example.com/team/app.git?ref=main&commit="
                + SHA
                + "&fetch-by-commit=true");
    assertThat(pod.getMetadata().getOwnerReferences().get(0).getUid()).isEqualTo("uid-app");
    assertThat(pod.getSpec().getAutomountServiceAccountToken()).isFalse();
    assertThat(build(plan).number()).isEqualTo(1);
    assertThat(build(plan).reason()).isEqualTo("SpecChanged");
    assertThat(build(plan).podName()).isEqualTo(pod.getMetadata().getName());
    assertThat(plan.status().phase()).isEqualTo(Phase.BUILDING);
    assertThat(plan.status().observedGeneration()).isEqualTo(1);
  }

  @Test
  void aPrivateRepositoryThatTheOperatorMayNotReadIsLeftToTheBuilder() {
    Pod pod = created(plan(fresh, new Resolution.LeftToBuilder()));
    assertThat(pod.getSpec().getContainers().get(0).getArgs().get(1))
        .isEqualTo("https://git.example.com/team/app.git?ref=main");
  }

  @Test
  void decidingTwiceGivesTheSamePod() {
    assertThat(created(plan(fresh, COMMIT))).isEqualTo(created(plan(fresh, COMMIT)));
  }

  // ---- to the end ----------------------------------------------------------------------------

  @Test
  void successIsReadyWithTheDigest() {
    Started s = start(fresh);
    Plan plan = plan(s.build(), UNASKED, succeeded(s.pod(), T0, T0.plusSeconds(41)));
    ImageBuildStatus status = plan.status();
    assertThat(status.phase()).isEqualTo(Phase.SUCCEEDED);
    assertThat(condition(plan, "Ready")).isTrue();
    assertThat(status.conditions()).hasSize(1);
    assertThat(status.image()).isEqualTo("registry.example.com/team/app@" + DIGEST);
    assertThat(status.shortDigest()).isEqualTo("aaaabbbbcccc");
    assertThat(Objects.requireNonNull(status.source()).author()).isEqualTo("A <a@example.com>");
    assertThat(build(plan).duration()).isEqualTo("41s");
    assertThat(status.history()).hasSize(1);
    assertThat(plan.again()).isEmpty();
    assertThat(plan.notices()).hasSize(1);
  }

  @Test
  void nothingHappensAfterwards() {
    ImageBuild done = built();
    Pod pod = succeeded(start(fresh).pod(), T0, T0.plusSeconds(41));
    for (Pod[] pods : List.of(new Pod[] {pod}, new Pod[] {})) {
      Plan plan = plan(done, UNASKED, T0.plusSeconds(3600), pods);
      assertThat(plan.status()).isEqualTo(done.getStatus());
      assertThat(plan.actions()).containsExactly(new Action.ForgetCommit(), new Action.Leave());
      assertThat(plan.notices()).isEmpty();
    }
  }

  @Test
  void aLostStatusWriteIsMadeUpForFromThePod() {
    Started s = start(fresh);
    // The status was never written: the object is as fresh as at first.
    Plan running = plan(fresh, UNASKED, running(s.pod(), T0));
    assertThat(running.creates()).isFalse();
    assertThat(build(running).number()).isEqualTo(1);
    Plan done = plan(fresh, UNASKED, succeeded(s.pod(), T0, T0.plusSeconds(41)));
    assertThat(done.status().digest()).isEqualTo(DIGEST);
    assertThat(done.actions()).noneMatch(Action.Resolve.class::isInstance);
  }

  @Test
  void aFailedRunNamesTheInstructionAndIsNotRetried() {
    Started s = start(fresh);
    Plan plan = plan(s.build(), UNASKED, runFailed(s.pod(), T0, T0.plusSeconds(5), false));
    assertThat(plan.creates()).isFalse();
    assertThat(plan.status().phase()).isEqualTo(Phase.FAILED);
    assertThat(plan.status().reason()).isEqualTo("RunFailed");
    assertThat(failure(plan).line()).isEqualTo(3);
    assertThat(failure(plan).instruction()).isEqualTo("RUN make");
    assertThat(failure(plan).logTail()).containsExactly("make: *** no rule");
    assertThat(condition(plan, "Stalled")).isTrue();
    assertThat(plan.notices()).hasSize(1).allMatch(Plan.Notice::warning);
  }

  @Test
  void theLastGoodImageIsKeptThroughAFailure() {
    ImageBuild changed = with(imageBuild(spec("target: prod"), 2), built().getStatus());
    Started s = new Started(changed, created(plan(changed, COMMIT)));
    ImageBuild running = with(changed, plan(changed, COMMIT).status());
    Plan plan = plan(running, UNASKED, runFailed(s.pod(), T0, T0.plusSeconds(5), false));
    assertThat(plan.status().phase()).isEqualTo(Phase.FAILED);
    assertThat(plan.status().digest()).isEqualTo(DIGEST);
    assertThat(plan.status().history())
        .extracting(h -> h.outcome())
        .containsExactly(Outcome.FAILED, Outcome.SUCCEEDED);
  }

  @Test
  void infrastructureIsTriedAgainLaterAndABoundedNumberOfTimes() {
    Started s = start(imageBuild(spec("retries: 1"), 1));
    Pod first = runFailed(s.pod(), T0, T0.plusSeconds(5), true);
    Plan wait = plan(s.build(), UNASKED, T0.plusSeconds(5), first);
    assertThat(wait.creates()).isFalse();
    assertThat(wait.status().reason()).isEqualTo("Retrying");
    assertThat(build(wait).attempt()).isEqualTo(2);
    assertThat(wait.again()).contains(Duration.ofSeconds(10));

    ImageBuild waiting = with(s.build(), wait.status());
    Pod second = created(plan(waiting, UNASKED, T0.plusSeconds(16), first));
    assertThat(second.getMetadata().getName())
        .isEqualTo(s.pod().getMetadata().getName().replaceFirst("-1$", "-2"));
    ImageBuild again = with(waiting, plan(waiting, UNASKED, T0.plusSeconds(16), first).status());
    Plan end =
        plan(
            again,
            UNASKED,
            T0.plusSeconds(30),
            first,
            runFailed(second, T0.plusSeconds(16), T0.plusSeconds(30), true));
    assertThat(end.status().phase()).isEqualTo(Phase.FAILED);
    assertThat(failure(end).message()).contains("tried 2 times");
  }

  @Test
  void aRetryNeverOverlapsALivePod() {
    Started s = start(fresh);
    Pod stopping =
        new PodBuilder(running(s.pod(), T0))
            .editMetadata()
            .withDeletionTimestamp(T0.toString())
            .endMetadata()
            .build();
    Plan plan = plan(s.build(), UNASKED, stopping);
    assertThat(plan.creates()).isFalse();
    assertThat(plan.status().reason()).isEqualTo("StoppingPrevious");
  }

  @Test
  void aDeletedPodIsTriedAgain() {
    Started s = start(fresh);
    Plan plan = plan(s.build(), UNASKED);
    assertThat(plan.status().reason()).isEqualTo("Retrying");
    assertThat(failure(plan).reason()).isEqualTo("PodDeleted");
    assertThat(build(plan).attempt()).isEqualTo(2);
  }

  @Test
  void anEvictionIsInfrastructureAndATimeoutIsNot() {
    Started s = start(fresh);
    Pod evicted = ended(s.pod(), "Failed", 137, T0, T0.plusSeconds(5), null);
    evicted.getStatus().setReason("Evicted");
    evicted.getStatus().setMessage("The node was low on resource: memory.");
    assertThat(plan(s.build(), UNASKED, evicted).status().reason()).isEqualTo("Retrying");

    Pod late = ended(s.pod(), "Failed", 137, T0, T0.plusSeconds(3600), null);
    late.getStatus().setReason("DeadlineExceeded");
    Plan plan = plan(s.build(), UNASKED, late);
    assertThat(plan.status().reason()).isEqualTo("Timeout");
    assertThat(failure(plan).message()).contains("spec.timeout").contains("1h");
  }

  // ---- changes -------------------------------------------------------------------------------
}
