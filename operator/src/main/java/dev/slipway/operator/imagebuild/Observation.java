package dev.slipway.operator.imagebuild;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildSpec;
import dev.slipway.api.ImageBuildStatus;
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
import org.jspecify.annotations.Nullable;

/**
 * All that a decision depends on.
 *
 * @param build the ImageBuild, with spec, status and annotations
 * @param pods its builder pods, in any order
 * @param warnings Warning events about the newest pod; asked for only while it does not start
 * @param resolution what is known of the commit of its ref
 * @param sighting what was last seen of its ref, if it is followed
 * @param bases what was last seen of its base images, if they are followed
 * @param admission whether it may build now
 * @param creation why the pod could not be created a moment ago, if that was tried
 * @param now the time
 */
record Observation(
    ImageBuild build,
    List<Pod> pods,
    List<PodWarning> warnings,
    Resolution resolution,
    Sighting sighting,
    Map<String, BaseSighting> bases,
    Admission admission,
    Optional<Trouble> creation,
    Instant now) {

  Observation {
    pods = List.copyOf(pods);
    warnings = List.copyOf(warnings);
    bases = Map.copyOf(bases);
  }

  ImageBuildSpec spec() {
    return build.getSpec();
  }

  ImageBuildStatus status() {
    ImageBuildStatus status = build.getStatus();
    return status == null ? ImageBuildStatus.EMPTY : status;
  }

  long generation() {
    Long generation = build.getMetadata().getGeneration();
    return generation == null ? 0 : generation;
  }

  @Nullable String annotation(String name) {
    Map<String, String> annotations = build.getMetadata().getAnnotations();
    return annotations == null ? null : annotations.get(name);
  }

  Observation with(Admission given) {
    return new Observation(
        build, pods, warnings, resolution, sighting, bases, given, creation, now);
  }

  Observation withCreation(Trouble trouble) {
    return new Observation(
        build, pods, warnings, resolution, sighting, bases, admission, Optional.of(trouble), now);
  }
}
