package dev.slipway.operator.imagebuild;

import static dev.slipway.operator.imagebuild.Builds.DIGEST;
import static dev.slipway.operator.imagebuild.Builds.OTHER_SHA;
import static dev.slipway.operator.imagebuild.Builds.SHA;
import static dev.slipway.operator.imagebuild.Builds.annotated;
import static dev.slipway.operator.imagebuild.Builds.created;
import static dev.slipway.operator.imagebuild.Builds.ended;
import static dev.slipway.operator.imagebuild.Builds.imageBuild;
import static dev.slipway.operator.imagebuild.Builds.pending;
import static dev.slipway.operator.imagebuild.Builds.runFailed;
import static dev.slipway.operator.imagebuild.Builds.running;
import static dev.slipway.operator.imagebuild.Builds.spec;
import static dev.slipway.operator.imagebuild.Builds.succeeded;
import static dev.slipway.operator.imagebuild.Builds.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Condition;
import dev.slipway.api.ConditionStatus;
import dev.slipway.api.Failure;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildSpec;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Outcome;
import dev.slipway.api.Phase;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.imagebuild.Plan.Notice;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.PodSettings;
import dev.slipway.operator.pod.PodState.Trouble;
import dev.slipway.operator.pod.PodWarning;
import dev.slipway.operator.queue.Admission;
import dev.slipway.operator.source.RefWatcher.Sighting;
import dev.slipway.operator.source.Resolution;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The decisions, one by one, as tables of what is seen and what follows. */
final class PlannerTest {
  private static final Instant T0 = Instant.parse("2026-03-01T12:00:00Z");
  private static final Resolution COMMIT = new Resolution.Resolved(SHA);
  private static final Resolution OTHER = new Resolution.Resolved(OTHER_SHA);
  private static final Resolution UNASKED = new Resolution.Unasked();

  private final Planner planner = new Planner(Policy.of(PodSettings.of("slipway:test")));
  private final ImageBuild fresh = imageBuild(spec(""), 1);

  private Plan plan(ImageBuild build, Resolution resolution, Instant now, Pod... pods) {
    return planner.plan(Seen.of(build, pods).with(resolution).at(now));
  }

  private Plan plan(ImageBuild build, Resolution resolution, Pod... pods) {
    return plan(build, resolution, T0, pods);
  }

  /** The first build of {@code build}: its plan and pod. */
  private record Started(ImageBuild build, Pod pod) {}

  private Started start(ImageBuild build) {
    Plan plan = plan(build, COMMIT);
    return new Started(with(build, plan.status()), created(plan));
  }

  private ImageBuild built() {
    Started s = start(fresh);
    return with(
        s.build(), plan(s.build(), UNASKED, succeeded(s.pod(), T0, T0.plusSeconds(41))).status());
  }

  private ImageBuild failedBuild() {
    Started s = start(fresh);
    return with(
        s.build(),
        plan(s.build(), UNASKED, runFailed(s.pod(), T0, T0.plusSeconds(5), false)).status());
  }

  private static BuildStatus build(Plan plan) {
    return Objects.requireNonNull(plan.status().build());
  }

  private static Failure failure(Plan plan) {
    return Objects.requireNonNull(plan.status().failure());
  }

  private static boolean condition(Plan plan, String type) {
    return plan.status()
        .condition(type)
        .map(Condition::status)
        .filter(s -> s == ConditionStatus.TRUE)
        .isPresent();
  }

  private static List<String> deleted(Plan plan) {
    return plan.actions().stream()
        .flatMap(a ->
            a instanceof Action.DeletePod d
                ? java.util.stream.Stream.of(d.name())
                : java.util.stream.Stream.empty())
        .toList();
  }

  // ---- from apply to pod ---------------------------------------------------------------------

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
