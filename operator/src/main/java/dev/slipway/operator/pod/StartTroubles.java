package dev.slipway.operator.pod;

import dev.slipway.api.Reasons;
import dev.slipway.operator.pod.PodState.Trouble;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** What keeps a builder pod from starting. */
final class StartTroubles {
  /** So long schedulers and kubelets that work may be silent about a pod. */
  private static final Duration SILENCE = Duration.ofSeconds(30);

  private StartTroubles() {}

  static Optional<Trouble> of(
      Pod pod,
      PodStatus status,
      Optional<ContainerStatus> container,
      List<PodWarning> warnings,
      Duration waited) {
    return trouble(status, container, warnings)
        .or(() -> container.isPresent() ? Optional.empty() : silence(pod, status, waited));
  }

  /** Neither the scheduler nor a node has anything to say of the pod, and time passes. */
  private static Optional<Trouble> silence(Pod pod, PodStatus status, Duration waited) {
    if (waited.compareTo(SILENCE) < 0 || status.getStartTime() != null) {
      return Optional.empty();
    }
    boolean bound =
        PodStates.condition(status, "PodScheduled")
            .filter(c -> "True".equals(c.getStatus()))
            .isPresent();
    return Optional.of(
        !bound
            ? new Trouble(
                Reasons.UNSCHEDULABLE,
                "no scheduler has looked at the builder pod yet; does the cluster's scheduler run?"
                    + " The pod starts by itself once it does")
            : new Trouble(
                Reasons.BUILDER_START_FAILED,
                node(pod)
                    + " has not taken up the builder pod yet; is its kubelet alive? The pod starts"
                    + " by itself once it is, or delete the pod for another node"));
  }

  static String node(Pod pod) {
    String name = pod.getSpec() == null ? null : pod.getSpec().getNodeName();
    return name == null ? "the node of the builder pod" : "node " + name;
  }

  private static Optional<Trouble> trouble(
      PodStatus status, Optional<ContainerStatus> container, List<PodWarning> warnings) {
    Optional<PodCondition> scheduled =
        PodStates.condition(status, "PodScheduled").filter(c -> "False".equals(c.getStatus()));
    if (scheduled.isPresent() && "Unschedulable".equals(scheduled.get().getReason())) {
      return Optional.of(
          new Trouble(
              Reasons.UNSCHEDULABLE,
              "no node takes the builder pod: "
                  + scheduled.get().getMessage()
                  + "; it starts by itself once one does, or change spec.pod"));
    }
    if (scheduled.isPresent() && "SchedulingGated".equals(scheduled.get().getReason())) {
      return Optional.of(
          new Trouble(
              Reasons.UNSCHEDULABLE,
              "a scheduling gate holds the builder pod: whoever set it, such as a queue of the"
                  + " platform, lets it start"));
    }
    ContainerStateWaiting waiting =
        container.map(ContainerStatus::getState).map(ContainerState::getWaiting).orElse(null);
    if (waiting != null && waiting.getReason() != null) {
      String message = Objects.requireNonNullElse(waiting.getMessage(), "no message");
      switch (waiting.getReason()) {
        case "ImagePullBackOff",
            "ErrImagePull",
            "InvalidImageName",
            "ErrImageNeverPull",
            "ImageInspectError",
            "RegistryUnavailable",
            "SignatureValidationFailed" -> {
          return Optional.of(
              new Trouble(
                  Reasons.BUILDER_IMAGE_PULL_FAILED,
                  "the builder image cannot be pulled: " + message));
        }
        case "CreateContainerConfigError" -> {
          return Optional.of(missing(message));
        }
        case "CreateContainerError", "RunContainerError" -> {
          return Optional.of(
              new Trouble(
                  Reasons.BUILDER_START_FAILED,
                  "the builder container cannot be started: " + message));
        }
        default -> {}
      }
    }
    return warnings.reversed().stream().flatMap(w -> fromWarning(w).stream()).findFirst();
  }

  private static Optional<Trouble> fromWarning(PodWarning warning) {
    return switch (warning.reason()) {
      case "FailedMount", "FailedAttachVolume" -> Optional.of(missing(warning.message()));
      case "FailedCreatePodSandBox" ->
          Optional.of(
              new Trouble(
                  Reasons.BUILDER_START_FAILED,
                  "the node cannot set up the builder pod: " + warning.message()));
      default -> Optional.empty();
    };
  }

  /** Kubelets name what is missing in plain text only. */
  private static Trouble missing(String message) {
    String lower = message.toLowerCase(java.util.Locale.ROOT);
    boolean absent =
        lower.contains("not found")
            || lower.contains("non-existent")
            || lower.contains("couldn't find key")
            || lower.contains("references non-existent");
    if (absent && lower.contains("configmap")) {
      return new Trouble(
          Reasons.CONFIG_MAP_NOT_FOUND,
          message + "; create it in this namespace, and the build goes on by itself");
    }
    if (absent && (lower.contains("secret") || lower.contains("key"))) {
      return new Trouble(
          Reasons.SECRET_NOT_FOUND,
          message + "; create it in this namespace, and the build goes on by itself");
    }
    return new Trouble(Reasons.VOLUME_MOUNT_FAILED, message);
  }
}
