package dev.slipway.operator.pod;

import dev.slipway.api.Durations;
import dev.slipway.api.ImageBuildSpec;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.Set;

/**
 * The second container of a builder pod with {@code spec.debug}. It waits for the build; where a
 * step fails it stays, so that people can enter the stage. It has the store and none of the
 * credentials, and the build's own container ends as ever: its result is told at once.
 */
public final class DebugContainer {
  /** Name of the container. */
  public static final String NAME = "debug";

  /** Annotation of the pod: how long the stage is kept. */
  static final String KEEP_FOR = "slipway.dev/debug-keep-for";

  /** What two containers need to start, beyond what either of them may take. */
  private static final long START_SECONDS = 120;

  private static final Set<String> MOUNTS = Set.of("store", "tmp");

  private DebugContainer() {}

  /** The pod with it, if {@code spec.debug} asks for it. */
  static Pod addTo(Pod pod, ImageBuildSpec spec, PodSettings settings) {
    if (spec.debug() == null) {
      return pod;
    }
    String name = pod.getMetadata().getName();
    String keepFor = spec.debug().keepFor();
    Container build = pod.getSpec().getContainers().getFirst();
    return new PodBuilder(pod)
        .editMetadata()
        .addToAnnotations(KEEP_FOR, keepFor)
        .endMetadata()
        .editSpec()
        .withContainers(
            new ContainerBuilder(build)
                .addToArgs(
                    "--on-error=keep",
                    "--keep-as=" + name,
                    "--timeout=" + seconds(spec.timeout()) + "s",
                    "--debug-hint=" + command(pod.getMetadata().getNamespace(), name))
                .build(),
            container(name, keepFor, build, settings))
        // Of the whole pod; the builder itself keeps to spec.timeout.
        .withActiveDeadlineSeconds(seconds(spec.timeout()) + seconds(keepFor) + START_SECONDS)
        .endSpec()
        .build();
  }

  private static Container container(
      String podName, String keepFor, Container build, PodSettings settings) {
    return new ContainerBuilder()
        .withName(NAME)
        .withImage(settings.image())
        .withImagePullPolicy(settings.imagePullPolicy())
        .withCommand(settings.command())
        .withArgs(
            "hold",
            "--root=" + BuilderCommand.STORE,
            "--kept-as=" + podName,
            "--keep-for=" + seconds(keepFor) + "s")
        .withEnv(
            settings.env().entrySet().stream()
                .map(one -> new EnvVar(one.getKey(), one.getValue(), null))
                .toList())
        .withNewResources()
        .addToRequests("cpu", new Quantity("10m"))
        .addToRequests("memory", new Quantity("96Mi"))
        .endResources()
        .withVolumeMounts(
            build.getVolumeMounts().stream()
                .filter(mount -> MOUNTS.contains(mount.getName()))
                .toList())
        .build();
  }

  private static long seconds(String duration) {
    return Math.max(1, Durations.parse(duration).toSeconds());
  }

  /** How a person enters the stage. */
  static String command(String namespace, String podName) {
    return "kubectl exec -it -n %s %s -c %s -- sh %s/debug-%s"
        .formatted(namespace, podName, NAME, BuilderCommand.STORE, podName);
  }

  /** Whether the pod was made with one. */
  public static boolean in(Pod pod) {
    return pod.getMetadata().getAnnotations() != null
        && pod.getMetadata().getAnnotations().containsKey(KEEP_FOR);
  }

  /** Whether the container still runs. */
  public static boolean holds(Pod pod) {
    return in(pod)
        && pod.getStatus() != null
        && pod.getStatus().getContainerStatuses().stream()
            .filter(one -> NAME.equals(one.getName()))
            .anyMatch(one -> one.getState() != null && one.getState().getRunning() != null);
  }

  /** What to tell of a failed step whose stage is kept; empty where nothing is. */
  static Optional<String> advice(Pod pod, ContainerStateTerminated build) {
    String keepFor = pod.getMetadata().getAnnotations().get(KEEP_FOR);
    if (!in(pod) || keepFor == null || build.getFinishedAt() == null) {
      return Optional.empty();
    }
    Duration keep = Durations.parse(keepFor);
    Instant until = OffsetDateTime.parse(build.getFinishedAt()).toInstant().plus(keep);
    return Optional.of(
        "; until "
            + until
            + " you can look around in its stage: "
            + command(pod.getMetadata().getNamespace(), pod.getMetadata().getName()));
  }
}
