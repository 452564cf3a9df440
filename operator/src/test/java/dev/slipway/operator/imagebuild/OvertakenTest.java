package dev.slipway.operator.imagebuild;

import static dev.slipway.operator.imagebuild.Builds.DIGEST;
import static dev.slipway.operator.imagebuild.Builds.SHA;
import static dev.slipway.operator.imagebuild.Builds.annotated;
import static dev.slipway.operator.imagebuild.Builds.created;
import static dev.slipway.operator.imagebuild.Builds.imageBuild;
import static dev.slipway.operator.imagebuild.Builds.pending;
import static dev.slipway.operator.imagebuild.Builds.runFailed;
import static dev.slipway.operator.imagebuild.Builds.running;
import static dev.slipway.operator.imagebuild.Builds.spec;
import static dev.slipway.operator.imagebuild.Builds.succeeded;
import static dev.slipway.operator.imagebuild.Builds.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.HistoryEntry;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Outcome;
import dev.slipway.api.Phase;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.imagebuild.Plan.Notice;
import dev.slipway.operator.pod.PodSettings;
import dev.slipway.operator.queue.Admission;
import dev.slipway.operator.queue.Limits;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Builds beside each other: {@code concurrencyPolicy: Allow}. */
final class OvertakenTest {
  private static final Instant T0 = Instant.parse("2026-03-01T12:00:00Z");
  private static final String NEWER =
      "sha256:9999bbbbccccddddeeeeffff0000111122223333444455556666777788889999";

  private final Planner planner = new Planner(Policy.of(PodSettings.of("slipway:test")));
  private final ImageBuild first = imageBuild(spec("concurrencyPolicy: Allow"), 1);
  private final ImageBuild second = imageBuild(spec("concurrencyPolicy: Allow\ntarget: prod"), 2);

  private Plan plan(ImageBuild build, Pod... pods) {
    return plan(build, T0, pods);
  }

  private Plan plan(ImageBuild build, Instant now, Pod... pods) {
    return planner.plan(Seen.of(build, pods).resolved(SHA).at(now));
  }

  private static List<String> deleted(Plan plan) {
    return plan.actions().stream()
        .filter(Action.DeletePod.class::isInstance)
        .map(a -> ((Action.DeletePod) a).name())
        .toList();
  }

  private static HistoryEntry entry(ImageBuildStatus status, long number) {
    return status.history().stream().filter(h -> h.number() == number).findFirst().orElseThrow();
  }

  private static Pod newer(Pod pod) {
    var status = new PodBuilder(pod).buildStatus().getContainerStatuses().getFirst().getState();
    status.getTerminated().setMessage(status.getTerminated().getMessage().replace(DIGEST, NEWER));
    return new PodBuilder(pod)
        .editStatus()
        .editFirstContainerStatus()
        .withState(status)
        .endContainerStatus()
        .endStatus()
        .build();
  }

  /** Two builds beside each other. */
  private record Two(ImageBuild object, Pod older, Pod newer) {}

  private Two two() {
    Plan one = plan(first);
    Pod older = created(one);
    Plan two = plan(with(second, one.status()), running(older, T0));
    assertThat(deleted(two)).isEmpty();
    return new Two(with(second, two.status()), older, created(two));
  }

  @Test
  void aChangeStartsABuildBesideTheOneThatRuns() {
    Two two = two();
    ImageBuildStatus status = Objects.requireNonNull(two.object().getStatus());
    assertThat(status.build().number()).isEqualTo(2);
    assertThat(status.build().active()).isTrue();
    assertThat(status.history()).extracting(HistoryEntry::number).containsExactly(1L);
    assertThat(entry(status, 1).outcome()).isNull();
    Plan later = plan(two.object(), running(two.older(), T0), running(two.newer(), T0));
    assertThat(later.creates()).isFalse();
    assertThat(deleted(later)).isEmpty();
  }

  @Test
  void aRequestStartsAnotherToo() {
    Plan one = plan(first);
    ImageBuild asked = annotated(with(first, one.status()), ImageBuild.REQUESTED_AT, "now");
    Plan two = plan(asked, running(created(one), T0));
    assertThat(two.creates()).isTrue();
    assertThat(two.status().build().reason()).isEqualTo("Requested");
    ImageBuild then = annotated(with(first, two.status()), ImageBuild.REQUESTED_AT, "now");
    assertThat(plan(then, running(created(one), T0), running(created(two), T0)).creates())
        .isFalse();
  }

  @Test
  void anOlderOneThatEndsFirstIsTheImageUntilTheNewerHasOne() {
    Two two = two();
    Pod older = succeeded(two.older(), T0, T0.plusSeconds(9));
    Plan then = plan(two.object(), older, running(two.newer(), T0));
    assertThat(then.status().digest()).isEqualTo(DIGEST);
    assertThat(then.status().phase()).isEqualTo(Phase.BUILDING);
    assertThat(entry(then.status(), 1).outcome()).isEqualTo(Outcome.SUCCEEDED);
    assertThat(entry(then.status(), 1).duration()).isEqualTo("9s");
    assertThat(then.notices()).extracting(Notice::reason).containsExactly("Succeeded");
    Pod newer = newer(succeeded(two.newer(), T0, T0.plusSeconds(20)));
    Plan end = plan(with(second, then.status()), older, newer);
    assertThat(end.status().digest()).isEqualTo(NEWER);
    assertThat(end.status().history()).extracting(HistoryEntry::number).containsExactly(2L, 1L);
  }

  @Test
  void anOlderOneThatEndsLaterIsHistoryAndNothingElse() {
    Two two = two();
    Pod newer = newer(succeeded(two.newer(), T0, T0.plusSeconds(20)));
    Plan then = plan(two.object(), running(two.older(), T0), newer);
    assertThat(then.status().phase()).isEqualTo(Phase.SUCCEEDED);
    assertThat(entry(then.status(), 1).outcome()).isNull();
    Pod older = succeeded(two.older(), T0, T0.plusSeconds(60));
    Plan end = plan(with(second, then.status()), older, newer);
    assertThat(end.status().digest()).isEqualTo(NEWER);
    assertThat(end.status().image()).endsWith(NEWER);
    assertThat(entry(end.status(), 1).outcome()).isEqualTo(Outcome.SUCCEEDED);
    assertThat(entry(end.status(), 1).digest()).isEqualTo(DIGEST);
    assertThat(entry(end.status(), 2).digest()).isEqualTo(NEWER);
    Plan quiet = plan(with(second, end.status()), older, newer);
    assertThat(quiet.status()).isEqualTo(end.status());
    assertThat(quiet.notices()).isEmpty();
  }

  @Test
  void anOlderOneThatFailsIsNotedAndNotTriedAgain() {
    Two two = two();
    Plan then =
        plan(
            two.object(),
            runFailed(two.older(), T0, T0.plusSeconds(3), true),
            running(two.newer(), T0));
    assertThat(entry(then.status(), 1).reason()).isEqualTo("RegistryUnreachable");
    assertThat(then.creates()).isFalse();
    assertThat(then.status().phase()).isEqualTo(Phase.BUILDING);
    assertThat(then.notices()).singleElement().matches(Notice::warning);
  }

  @Test
  void anOlderOneWhosePodIsGoneOrNeverStartsHasEndedToo() {
    Two two = two();
    Plan gone = plan(two.object(), running(two.newer(), T0));
    assertThat(entry(gone.status(), 1).reason()).isEqualTo("PodDeleted");
    Plan stuck =
        plan(
            two.object(),
            T0.plus(Duration.ofHours(2)),
            pending(two.older(), T0),
            running(two.newer(), T0));
    assertThat(deleted(stuck)).containsExactly(two.older().getMetadata().getName());
    assertThat(entry(stuck.status(), 1).outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void aCancelStopsAll() {
    Two two = two();
    ImageBuild asked = annotated(two.object(), ImageBuild.CANCEL_REQUESTED_AT, "now");
    Plan plan = plan(asked, running(two.older(), T0), running(two.newer(), T0));
    assertThat(deleted(plan)).hasSize(2).doesNotHaveDuplicates();
    assertThat(plan.status().history())
        .extracting(HistoryEntry::outcome)
        .containsExactly(Outcome.CANCELLED, Outcome.CANCELLED);
  }

  @Test
  void replaceStopsWhatAllowLeftRunning() {
    Two two = two();
    ImageBuild strict =
        with(imageBuild(spec("concurrencyPolicy: Replace"), 3), two.object().getStatus());
    Plan plan = plan(strict, running(two.older(), T0), running(two.newer(), T0));
    assertThat(deleted(plan)).hasSize(2).doesNotHaveDuplicates();
    assertThat(plan.creates()).isFalse();
    assertThat(plan.status().history()).extracting(HistoryEntry::outcome).doesNotContainNull();
  }

  @Test
  void suspendLetsThemRunAndStartsNone() {
    Plan one = plan(first);
    ImageBuild held =
        with(
            imageBuild(spec("concurrencyPolicy: Allow\ntarget: prod\nsuspend: true"), 2),
            one.status());
    Plan plan = plan(held, running(created(one), T0));
    assertThat(plan.creates()).isFalse();
    assertThat(deleted(plan)).isEmpty();
  }

  @Test
  void aLostStatusWriteLosesNeitherOfThem() {
    Plan one = plan(first);
    Pod older = created(one);
    ImageBuild before = with(second, one.status());
    Pod newer = created(plan(before, running(older, T0)));
    Plan again = plan(before, running(older, T0), running(newer, T0));
    assertThat(again.status().build().number()).isEqualTo(2);
    assertThat(entry(again.status(), 1).outcome()).isNull();
    assertThat(again.creates()).isFalse();
    assertThat(deleted(again)).isEmpty();
  }

  @Test
  void aPodStaysUntilItsEndIsInTheStatus() {
    ImageBuild one = imageBuild(spec("concurrencyPolicy: Allow\nretention: {succeeded: 0}"), 1);
    ImageBuild two =
        imageBuild(spec("concurrencyPolicy: Allow\nretention: {succeeded: 0}\ntarget: prod"), 2);
    Plan started = plan(one);
    Pod older = created(started);
    Plan both = plan(with(two, started.status()), running(older, T0));
    Pod done = succeeded(older, T0, T0.plusSeconds(1));
    Plan end = plan(with(two, both.status()), done, running(created(both), T0));
    assertThat(deleted(end)).isEmpty();
    Plan next = plan(with(two, end.status()), done, running(created(both), T0));
    assertThat(deleted(next)).containsExactly(older.getMetadata().getName());
  }

  @Test
  void eachHasItsOwnPlaceInTheQueue() {
    List<ResourceID> woken = new ArrayList<>();
    Places places = new Places(new Limits(1, null, Map.of(), null), woken::add);
    Two two = two();
    places.observe(with(second, plan(first).status()), List.of(running(two.older(), T0)), T0);
    ImageBuildStatus status = Objects.requireNonNull(two.object().getStatus());
    assertThat(places.ask(two.object(), status, T0)).isInstanceOf(Admission.Waiting.class);
    places.observe(two.object(), List.of(running(two.older(), T0)), T0);
    assertThat(places.running()).isEqualTo(1);
    assertThat(places.waiting()).isEqualTo(1);
    assertThat(woken).isEmpty();
    places.observe(two.object(), List.of(succeeded(two.older(), T0, T0.plusSeconds(1))), T0);
    assertThat(woken).containsExactly(ResourceID.fromResource(two.object()));
    assertThat(places.ask(two.object(), status, T0)).isInstanceOf(Admission.Granted.class);
    places.forget(ResourceID.fromResource(two.object()));
    assertThat(places.running() + places.waiting()).isZero();
  }
}
