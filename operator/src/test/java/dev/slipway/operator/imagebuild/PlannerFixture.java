package dev.slipway.operator.imagebuild;

import static dev.slipway.operator.imagebuild.Builds.OTHER_SHA;
import static dev.slipway.operator.imagebuild.Builds.SHA;
import static dev.slipway.operator.imagebuild.Builds.created;
import static dev.slipway.operator.imagebuild.Builds.imageBuild;
import static dev.slipway.operator.imagebuild.Builds.runFailed;
import static dev.slipway.operator.imagebuild.Builds.spec;
import static dev.slipway.operator.imagebuild.Builds.succeeded;
import static dev.slipway.operator.imagebuild.Builds.with;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Condition;
import dev.slipway.api.ConditionStatus;
import dev.slipway.api.Failure;
import dev.slipway.api.ImageBuild;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.pod.PodSettings;
import dev.slipway.operator.source.Resolution;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/** A planner, an ImageBuild, and the first decisions about it. */
abstract class PlannerFixture {
  static final Instant T0 = Instant.parse("2026-03-01T12:00:00Z");
  static final Resolution COMMIT = new Resolution.Resolved(SHA);
  static final Resolution OTHER = new Resolution.Resolved(OTHER_SHA);
  static final Resolution UNASKED = new Resolution.Unasked();

  final Planner planner = new Planner(Policy.of(PodSettings.of("slipway:test")));
  final ImageBuild fresh = imageBuild(spec(""), 1);

  Plan plan(ImageBuild build, Resolution resolution, Instant now, Pod... pods) {
    return planner.plan(Seen.of(build, pods).with(resolution).at(now));
  }

  Plan plan(ImageBuild build, Resolution resolution, Pod... pods) {
    return plan(build, resolution, T0, pods);
  }

  /** The first build of {@code build}: its plan and pod. */
  record Started(ImageBuild build, Pod pod) {}

  Started start(ImageBuild build) {
    Plan plan = plan(build, COMMIT);
    return new Started(with(build, plan.status()), created(plan));
  }

  ImageBuild built() {
    Started s = start(fresh);
    return with(
        s.build(), plan(s.build(), UNASKED, succeeded(s.pod(), T0, T0.plusSeconds(41))).status());
  }

  ImageBuild failedBuild() {
    Started s = start(fresh);
    return with(
        s.build(),
        plan(s.build(), UNASKED, runFailed(s.pod(), T0, T0.plusSeconds(5), false)).status());
  }

  static BuildStatus build(Plan plan) {
    return Objects.requireNonNull(plan.status().build());
  }

  static Failure failure(Plan plan) {
    return Objects.requireNonNull(plan.status().failure());
  }

  static boolean condition(Plan plan, String type) {
    return plan.status()
        .condition(type)
        .map(Condition::status)
        .filter(s -> s == ConditionStatus.TRUE)
        .isPresent();
  }

  static List<String> deleted(Plan plan) {
    return plan.actions().stream()
        .flatMap(a ->
            a instanceof Action.DeletePod d
                ? java.util.stream.Stream.of(d.name())
                : java.util.stream.Stream.empty())
        .toList();
  }

  // ---- from apply to pod ---------------------------------------------------------------------
}
