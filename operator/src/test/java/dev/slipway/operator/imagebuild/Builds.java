package dev.slipway.operator.imagebuild;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildSpec;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.operator.imagebuild.Plan.Action;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Objects for tests. */
final class Builds {
  static final String SHA = "0123456789abcdef0123456789abcdef01234567";
  static final String OTHER_SHA = "fedcba9876543210fedcba9876543210fedcba98";
  static final String DIGEST =
      "sha256:aaaabbbbccccddddeeeeffff0000111122223333444455556666777788889999";

  private Builds() {}

  static ImageBuildSpec spec(String extra) {
    return Serialization.unmarshal(
        """
        source: {git: {url: "https://git.example.com/team/app.git", ref: main}}
        output: {image: registry.example.com/team/app, tags: [v1]}
        """
            + extra,
        ImageBuildSpec.class);
  }

  static ImageBuild imageBuild(ImageBuildSpec spec, long generation) {
    ImageBuild build = new ImageBuild();
    build.setMetadata(
        new ObjectMetaBuilder()
            .withName("app")
            .withNamespace("team")
            .withUid("uid-app")
            .withGeneration(generation)
            .withResourceVersion("1")
            .build());
    build.setSpec(spec);
    return build;
  }

  static ImageBuild with(ImageBuild build, ImageBuildStatus status) {
    ImageBuild copy = new ImageBuild();
    copy.setMetadata(build.getMetadata());
    copy.setSpec(build.getSpec());
    copy.setStatus(status);
    return copy;
  }

  static ImageBuild annotated(ImageBuild build, String name, String value) {
    ImageBuild copy = with(build, Objects.requireNonNull(build.getStatus()));
    Map<String, String> annotations = new HashMap<>();
    if (build.getMetadata().getAnnotations() != null) {
      annotations.putAll(build.getMetadata().getAnnotations());
    }
    annotations.put(name, value);
    copy.setMetadata(
        new ObjectMetaBuilder(build.getMetadata()).withAnnotations(annotations).build());
    return copy;
  }

  /** The pod that a plan creates. */
  static Pod created(Plan plan) {
    return plan.actions().stream()
        .flatMap(a -> a instanceof Action.CreatePod c ? Stream.of(c.pod()) : Stream.<Pod>empty())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no pod in " + plan.actions()));
  }

  static Pod pending(Pod pod, Instant created) {
    return new PodBuilder(pod)
        .editMetadata()
        .withCreationTimestamp(created.toString())
        .endMetadata()
        .withNewStatus()
        .withPhase("Pending")
        .endStatus()
        .build();
  }

  static Pod running(Pod pod, Instant started) {
    return new PodBuilder(pod)
        .editMetadata()
        .withCreationTimestamp(started.toString())
        .endMetadata()
        .withNewStatus()
        .withPhase("Running")
        .withContainerStatuses(
            new ContainerStatusBuilder()
                .withName("build")
                .withNewState()
                .withNewRunning(started.toString())
                .endState()
                .build())
        .endStatus()
        .build();
  }

  static Pod ended(
      Pod pod, String phase, int exitCode, Instant start, Instant end, @Nullable String message) {
    return new PodBuilder(pod)
        .editMetadata()
        .withCreationTimestamp(start.toString())
        .endMetadata()
        .withNewStatus()
        .withPhase(phase)
        .withContainerStatuses(
            new ContainerStatusBuilder()
                .withName("build")
                .withNewState()
                .withNewTerminated()
                .withExitCode(exitCode)
                .withReason(exitCode == 0 ? "Completed" : "Error")
                .withStartedAt(start.toString())
                .withFinishedAt(end.toString())
                .withMessage(message)
                .endTerminated()
                .endState()
                .build())
        .endStatus()
        .build();
  }

  static Pod succeeded(Pod pod, Instant start, Instant end) {
    return ended(
        pod,
        "Succeeded",
        0,
        start,
        end,
        """
        {"version":1,"outcome":"Succeeded","image":"registry.example.com/team/app@%s",
         "digest":"%s","tags":["registry.example.com/team/app:v1"],"size":123,
         "platforms":["linux/amd64"],
         "source":{"commit":"%s","author":"A <a@example.com>","message":"First","time":"2026-01-01T00:00:00Z"},
         "baseImages":[{"ref":"debian:12","digest":"sha256:1"}],
         "cache":{"hits":3,"misses":2},
         "stages":[{"name":"builder","seconds":1.2,"steps":3,"cached":1}],
         "sandbox":"userns","later":"field"}\
        """
            .formatted(DIGEST, DIGEST, SHA));
  }

  static Pod runFailed(Pod pod, Instant start, Instant end, boolean retryable) {
    return ended(
        pod,
        "Failed",
        1,
        start,
        end,
        """
        {"version":1,"outcome":"Failed","failure":{"reason":"%s","message":"RUN make ended with exit code 2",
         "stage":"builder","instruction":"RUN make","file":"Dockerfile","line":3,"exitCode":2,
         "retryable":%s,"logTail":["make: *** no rule"]}}\
        """
            .formatted(retryable ? "RegistryUnreachable" : "RunFailed", retryable));
  }
}
