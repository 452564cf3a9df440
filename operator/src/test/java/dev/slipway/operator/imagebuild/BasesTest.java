package dev.slipway.operator.imagebuild;

import static dev.slipway.operator.imagebuild.Builds.SHA;
import static dev.slipway.operator.imagebuild.Builds.imageBuild;
import static dev.slipway.operator.imagebuild.Builds.runFailed;
import static dev.slipway.operator.imagebuild.Builds.spec;
import static dev.slipway.operator.imagebuild.Builds.succeeded;
import static dev.slipway.operator.imagebuild.Builds.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Condition;
import dev.slipway.api.ConditionStatus;
import dev.slipway.api.ImageBuild;
import dev.slipway.operator.base.BaseSighting;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.PodSettings;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** When a base image that moved starts a build, and when it must not. */
final class BasesTest {
  private static final Instant T0 = Instant.parse("2026-03-01T12:00:00Z");
  private static final Instant END = T0.plusSeconds(41);
  private static final String FOLLOWS = "follow: {interval: 1m, baseImages: true}\n";

  private final Planner planner = new Planner(Policy.of(PodSettings.of("slipway:test")));

  private Plan plan(ImageBuild build, Map<String, BaseSighting> bases, Instant now, Pod... pods) {
    return planner.plan(Seen.of(build, pods).resolved(SHA).with(bases).at(now));
  }

  private static Map<String, BaseSighting> debian(String digest, Instant asked) {
    return Map.of("debian:12", new BaseSighting.Seen(digest, asked));
  }

  /** Built from debian:12 at sha256:1. */
  private ImageBuild built(String extra) {
    ImageBuild fresh = imageBuild(spec(extra), 1);
    Plan first = plan(fresh, Map.of(), T0);
    return with(
        fresh,
        plan(with(fresh, first.status()), Map.of(), END, succeeded(pod(first), T0, END)).status());
  }

  private static Pod pod(Plan plan) {
    return plan.actions().stream()
        .filter(Action.CreatePod.class::isInstance)
        .map(a -> ((Action.CreatePod) a).pod())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no pod in " + plan.actions()));
  }

  private static BuildStatus build(Plan plan) {
    return Objects.requireNonNull(plan.status().build());
  }

  @Test
  void aDigestThatMovedBuildsTheSameCommitAgainAndSaysWhatMoved() {
    Plan plan =
        plan(
            built(FOLLOWS),
            debian("sha256:2222222222222", END.plusSeconds(60)),
            END.plusSeconds(60));
    assertThat(plan.creates()).isTrue();
    assertThat(build(plan).reason()).isEqualTo("BaseImageChanged");
    assertThat(build(plan).trigger()).isEqualTo("debian:12: 1 -> 222222222222");
    assertThat(Objects.requireNonNull(plan.status().source()).commit()).isEqualTo(SHA);
    assertThat(BuildRecord.of(pod(plan)).orElseThrow().inputs())
        .containsEntry("baseImages.debian:12", "sha256:2222222222222");
  }

  @Test
  void whoDoesNotFollowBaseImagesStays() {
    ImageBuild refOnly = built("follow: {interval: 1m}\n");
    assertThat(
            plan(refOnly, debian("sha256:2", END.plusSeconds(60)), END.plusSeconds(60)).creates())
        .isFalse();
  }

  @Test
  void theSameDigestAndAnythingSeenBeforeTheBuildEndedChangeNothing() {
    ImageBuild done = built(FOLLOWS);
    Instant later = END.plusSeconds(60);
    assertThat(plan(done, debian("sha256:1", later), later).creates()).isFalse();
    assertThat(plan(done, debian("sha256:0", END.minusSeconds(5)), later).creates()).isFalse();
    assertThat(
            plan(done, Map.of("alpine", new BaseSighting.Seen("sha256:9", later)), later).creates())
        .isFalse();
  }

  @Test
  void aBuildThatFailsOnTheNewBaseIsNotTriedAgainUntilTheBaseMovesAgain() {
    ImageBuild done = built(FOLLOWS);
    Instant moved = END.plusSeconds(60);
    Plan again = plan(done, debian("sha256:2", moved), moved);
    Instant end = moved.plusSeconds(5);
    ImageBuild failed =
        with(
            done,
            plan(
                    with(done, again.status()),
                    Map.of(),
                    end,
                    runFailed(pod(again), moved, end, false))
                .status());
    assertThat(Objects.requireNonNull(failed.getStatus()).baseImages().get(0).digest())
        .as("of the last good image")
        .isEqualTo("sha256:1");
    Instant later = end.plusSeconds(60);
    assertThat(plan(failed, debian("sha256:2", later), later).creates()).isFalse();
    Plan third = plan(failed, debian("sha256:3", later), later);
    assertThat(build(third).trigger()).isEqualTo("debian:12: 2 -> 3");

    // Once it succeeds, the status has the digests, and nothing else is remembered.
    ImageBuild good =
        with(
            failed,
            plan(
                    with(failed, third.status()),
                    Map.of(),
                    later.plusSeconds(9),
                    succeeded(pod(third), later, later.plusSeconds(9)))
                .status());
    assertThat(Objects.requireNonNull(good.getStatus()).observedInputs().keySet())
        .noneMatch(Bases::isInput);
  }

  @Test
  void whatIsRememberedOfBasesIsNoChangeOfTheSpec() {
    ImageBuild done = built(FOLLOWS);
    Instant moved = END.plusSeconds(60);
    Plan again = plan(done, debian("sha256:2", moved), moved);
    Plan running =
        plan(
            with(done, again.status()),
            Map.of(),
            moved.plusSeconds(1),
            Builds.running(pod(again), moved));
    assertThat(running.actions()).isEmpty();
  }

  @Test
  void aBaseThatCannotBeLookedAtIsSaidAndTheImageStaysReady() {
    Plan plan =
        plan(
            built(FOLLOWS),
            Map.of("debian:12", new BaseSighting.Blind("RegistryUnreachable", "timed out")),
            END.plusSeconds(60));
    Condition following = plan.status().condition("Following").orElseThrow();
    assertThat(following.status()).isEqualTo(ConditionStatus.FALSE);
    assertThat(following.reason()).isEqualTo("RegistryUnreachable");
    assertThat(plan.status().condition("Ready").orElseThrow().status())
        .isEqualTo(ConditionStatus.TRUE);
    assertThat(
            plan(
                    with(built(FOLLOWS), plan.status()),
                    debian("sha256:1", END.plusSeconds(90)),
                    END.plusSeconds(90))
                .status()
                .condition("Following")
                .orElseThrow()
                .message())
        .isEqualTo("asks for the commit of main and the digests of its base images every 1m");
  }

  @Test
  void aPinnedCommitMayFollowItsBases() {
    ImageBuild pinned = imageBuild(spec(FOLLOWS), 1);
    pinned.setSpec(
        io.fabric8.kubernetes.client.utils.Serialization.unmarshal(
            """
            source: {git: {url: "https://git.example.com/team/app.git", ref: %s}}
            output: {image: registry.example.com/team/app}
            follow: {baseImages: true}
            """
                .formatted(SHA),
            dev.slipway.api.ImageBuildSpec.class));
    assertThat(plan(pinned, Map.of(), T0).status().condition("Following").orElseThrow().status())
        .isEqualTo(ConditionStatus.TRUE);
  }
}
