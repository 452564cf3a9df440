package dev.slipway.operator.imagebuild;

import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.PodState;
import dev.slipway.operator.pod.PodStates;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The newest pod, where it does not go on and only its events may say why. */
final class SilentPod {
  /** Events are not asked for in a pod's first moment: most start within it. */
  private static final Duration FIRST_MOMENT = Duration.ofMillis(1_500);

  private SilentPod() {}

  static Optional<Pod> of(List<Pod> pods, Instant now) {
    return pods.stream()
        .flatMap(pod -> BuildRecord.of(pod).stream().map(build -> new Recorded(pod, build)))
        .max(Comparator.comparing(Recorded::build, BuildRecord.OLDEST_FIRST))
        .map(Recorded::pod)
        .filter(newest -> isSilent(newest, now));
  }

  /** Read once: the record is text on the pod. */
  private record Recorded(Pod pod, BuildRecord build) {}

  private static boolean isSilent(Pod pod, Instant now) {
    // As if no time had passed: that nobody says anything is known only after a look at the events.
    return switch (PodStates.of(pod, List.of(), Instant.EPOCH)) {
      case PodState.Starting starting ->
          starting.trouble().isEmpty()
              && Duration.between(starting.since(), now).compareTo(FIRST_MOMENT) >= 0;
      case PodState.Running _ ->
          PodStates.of(pod, List.of(), now) instanceof PodState.Running running && !running.ready();
      case PodState.Stopping _, PodState.Succeeded _, PodState.Failed _ -> false;
    };
  }
}
