package dev.slipway.operator.imagebuild;

import dev.slipway.operator.pod.DebugContainer;
import dev.slipway.operator.pod.PodState;
import dev.slipway.operator.pod.PodStates;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/** A pod is written some ten times in its life; few of these writes say anything to us. */
final class PodChanges {
  private PodChanges() {}

  static boolean matter(Pod after, Pod before) {
    boolean deletion =
        !Objects.equals(
            after.getMetadata().getDeletionTimestamp(),
            before.getMetadata().getDeletionTimestamp());
    PodState was = PodStates.of(before, List.of(), Instant.EPOCH);
    PodState is = PodStates.of(after, List.of(), Instant.EPOCH);
    boolean released = DebugContainer.holds(before) && !DebugContainer.holds(after);
    return deletion || released || !was.equals(is);
  }
}
