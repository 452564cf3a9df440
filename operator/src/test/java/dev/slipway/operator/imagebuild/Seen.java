package dev.slipway.operator.imagebuild;

import dev.slipway.api.ImageBuild;
import dev.slipway.operator.base.BaseSighting;
import dev.slipway.operator.pod.PodState.Trouble;
import dev.slipway.operator.pod.PodWarning;
import dev.slipway.operator.queue.Admission;
import dev.slipway.operator.source.RefWatcher.Sighting;
import dev.slipway.operator.source.Resolution;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Observations for tests: there is a place for everybody, and what is not said was not seen. */
record Seen(
    ImageBuild build,
    List<Pod> pods,
    List<PodWarning> warnings,
    Resolution resolution,
    Sighting sighting,
    Map<String, BaseSighting> bases,
    Admission admission,
    Optional<Trouble> creation) {

  static Seen of(ImageBuild build, Pod... pods) {
    return new Seen(
        build,
        List.of(pods),
        List.of(),
        new Resolution.Unasked(),
        new Sighting.Nothing(),
        Map.of(),
        new Admission.Granted(),
        Optional.empty());
  }

  Seen with(PodWarning warning) {
    return new Seen(
        build, pods, List.of(warning), resolution, sighting, bases, admission, creation);
  }

  Seen with(Resolution answer) {
    return new Seen(build, pods, warnings, answer, sighting, bases, admission, creation);
  }

  Seen resolved(String commit) {
    return with(new Resolution.Resolved(commit));
  }

  Seen with(Sighting ref) {
    return new Seen(build, pods, warnings, resolution, ref, bases, admission, creation);
  }

  Seen with(Map<String, BaseSighting> images) {
    return new Seen(build, pods, warnings, resolution, sighting, images, admission, creation);
  }

  Seen with(Admission turn) {
    return new Seen(build, pods, warnings, resolution, sighting, bases, turn, creation);
  }

  Seen with(Trouble refusal) {
    return new Seen(
        build, pods, warnings, resolution, sighting, bases, admission, Optional.of(refusal));
  }

  Observation at(Instant now) {
    return new Observation(
        build, pods, warnings, resolution, sighting, bases, admission, creation, now);
  }
}
