package dev.slipway.operator.imagebuild;

import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.DebugContainer;
import dev.slipway.operator.pod.PodState;
import dev.slipway.operator.pod.PodStates;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * A builder pod, read.
 *
 * @param pod the pod
 * @param build what it builds, and why
 * @param state what became of it
 */
record Attempt(Pod pod, BuildRecord build, PodState state) {

  /** The builder pods of an observation, newest first. Pods that say nothing of a build are not. */
  static List<Attempt> of(Observation seen) {
    Instant now = seen.now();
    List<Attempt> attempts =
        seen.pods().stream()
            .flatMap(pod ->
                BuildRecord.of(pod).stream()
                    .map(build -> new Attempt(pod, build, PodStates.of(pod, List.of(), now))))
            .sorted(Comparator.comparing(Attempt::build, BuildRecord.OLDEST_FIRST).reversed())
            .toList();
    if (attempts.isEmpty() || seen.warnings().isEmpty()) {
      return attempts;
    }
    // The warnings are about the newest pod.
    Attempt newest = attempts.getFirst();
    List<Attempt> informed = new java.util.ArrayList<>(attempts);
    informed.set(
        0,
        new Attempt(
            newest.pod(), newest.build(), PodStates.of(newest.pod(), seen.warnings(), now)));
    return List.copyOf(informed);
  }

  String name() {
    return pod.getMetadata().getName();
  }

  boolean is(long number, int attempt) {
    return build.number() == number && build.attempt() == attempt;
  }

  /** Whether the build is over, and its failed stage still kept for people to look at. */
  boolean held() {
    return state.over() && DebugContainer.holds(pod);
  }

  Action.KeepLog keepLog() {
    return new Action.KeepLog(name(), build.number(), build.attempt());
  }

  boolean deleting() {
    return pod.getMetadata().getDeletionTimestamp() != null;
  }
}
