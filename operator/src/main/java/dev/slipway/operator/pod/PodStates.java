package dev.slipway.operator.pod;

import dev.slipway.api.Failure;
import dev.slipway.api.Reasons;
import dev.slipway.operator.pod.PodState.Trouble;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the state of a builder pod from what the API server has of it. */
public final class PodStates {
  /** Pod-level reasons with which a kubelet or controller ends a pod that did nothing wrong. */
  private static final Set<String> INFRASTRUCTURE =
      Set.of(
          "Evicted",
          "Preempting",
          "Shutdown",
          "Terminated",
          "NodeShutdown",
          "NodeLost",
          "NodeAffinity",
          "UnexpectedAdmissionError",
          "OutOfcpu",
          "OutOfmemory",
          "OutOfpods",
          "OutOfephemeral-storage");

  /** How runtimes and kubelets report a container that they found no more, as after a reboot. */
  private static final Set<String> LOST_CONTAINER = Set.of("ContainerStatusUnknown", "Unknown");

  /** After this, a container that is not ready has been probed, and said that it waits. */
  public static final Duration FIRST_PROBES = Duration.ofSeconds(12);

  /** How the builder begins what it says while it waits for a registry. */
  private static final String PUSH_FAILED = "push failed: ";

  private PodStates() {}

  /**
   * The state of the pod.
   *
   * @param warnings the Warning events about it, newest last; asked for only while it does not
   *     start
   */
  public static PodState of(Pod pod, List<PodWarning> warnings, Instant now) {
    PodStatus status = Objects.requireNonNullElseGet(pod.getStatus(), PodStatus::new);
    Optional<ContainerStatus> container = container(status);
    ContainerStateTerminated terminated = terminated(container);
    boolean deleting = pod.getMetadata().getDeletionTimestamp() != null;
    String phase = Objects.requireNonNullElse(status.getPhase(), "Pending");
    // Once pushed, whatever becomes of the pod, or of a container that somebody put beside ours.
    if (phase.equals("Succeeded") || pushed(terminated)) {
      return succeeded(status, terminated, now);
    }
    if (phase.equals("Failed")) {
      return failed(pod, terminated, now);
    }
    if (deleting) {
      return new PodState.Stopping(nodeLost(status, phase));
    }
    Instant created =
        time(pod.getMetadata().getCreationTimestamp())
            .or(() -> BuildRecord.of(pod).flatMap(build -> time(build.queueTime())))
            .orElse(now);
    if (terminated != null && DebugContainer.in(pod)) {
      // The other container goes on; the build is over.
      return Integer.valueOf(0).equals(terminated.getExitCode())
          ? succeeded(status, terminated, now)
          : failed(pod, terminated, now);
    }
    if (terminated != null) {
      // The pod's own reason is still to come; that the builder is not ready says nothing now.
      return new PodState.Running(
          time(terminated.getStartedAt()).orElse(created), true, Optional.empty());
    }
    if (phase.equals("Running")) {
      Optional<Instant> started =
          container
              .map(ContainerStatus::getState)
              .map(ContainerState::getRunning)
              .flatMap(r -> time(r.getStartedAt()));
      if (nodeSilent(pod, status)) {
        return new PodState.Running(started.orElse(created), true, Optional.of(silentNode(pod)));
      }
      boolean ready = ready(status, container, started.orElse(created), now);
      return new PodState.Running(
          started.orElse(created), ready, ready ? Optional.empty() : waits(warnings));
    }
    return new PodState.Starting(
        created,
        StartTroubles.of(pod, status, container, warnings, Duration.between(created, now)));
  }

  /**
   * Whether the pod can do no more work, as {@link PodState#over} of its state: without reading its
   * result, because after a restart it is asked of every pod there is.
   */
  public static boolean over(Pod pod) {
    PodStatus status = Objects.requireNonNullElseGet(pod.getStatus(), PodStatus::new);
    if ("Succeeded".equals(status.getPhase()) || "Failed".equals(status.getPhase())) {
      return true;
    }
    ContainerStateTerminated terminated = terminated(container(status));
    return pushed(terminated)
        || (terminated != null
            && pod.getMetadata().getDeletionTimestamp() == null
            && DebugContainer.in(pod));
  }

  /**
   * Where a kubelet says nothing more, the control plane withdraws the pod's readiness, and nothing
   * else in its status.
   */
  private static boolean nodeSilent(Pod pod, PodStatus status) {
    return (pod.getSpec() == null || pod.getSpec().getReadinessGates().isEmpty())
        && condition(status, "Ready").filter(c -> "False".equals(c.getStatus())).isPresent()
        && condition(status, "ContainersReady")
            .filter(c -> "True".equals(c.getStatus()))
            .isPresent();
  }

  private static Trouble silentNode(Pod pod) {
    return new Trouble(
        Reasons.NODE_LOST,
        StartTroubles.node(pod)
            + " does not answer; the build goes on if it comes back, and is tried"
            + " again once the pod is gone, which is at once if the Node is deleted");
  }

  /**
   * The builder's readiness is whether it can go on. Before its first probe it is not ready either,
   * but since before it started; that lasts no longer than {@link #FIRST_PROBES}.
   */
  private static boolean ready(
      PodStatus status, Optional<ContainerStatus> container, Instant started, Instant now) {
    boolean notReady = container.filter(c -> Boolean.FALSE.equals(c.getReady())).isPresent();
    boolean probed =
        condition(status, "Ready")
            .filter(c -> "False".equals(c.getStatus()))
            .filter(c ->
                time(c.getLastTransitionTime()).filter(t -> t.isAfter(started)).isPresent()
                    || Duration.between(started, now).compareTo(FIRST_PROBES) >= 0)
            .isPresent();
    return !notReady || !probed;
  }

  /** What the builder itself says. A probe also fails on a node that is too busy to run it. */
  private static Optional<Trouble> waits(List<PodWarning> warnings) {
    return warnings.reversed().stream()
        .filter(w -> w.reason().equals("Unhealthy") && w.message().contains(PUSH_FAILED))
        .map(w -> w.message().substring(w.message().indexOf(PUSH_FAILED)).strip())
        .map(said -> new Trouble(Reasons.PUSHING_AGAIN, said))
        .findFirst();
  }

  /**
   * A node that no longer answers cannot say so: its pods are marked as not ready, and five minutes
   * later they are deleted because of the node's taint.
   */
  private static boolean nodeLost(PodStatus status, String phase) {
    boolean tainted =
        condition(status, "DisruptionTarget")
            .filter(c -> "DeletionByTaintManager".equals(c.getReason()))
            .isPresent();
    boolean notReady =
        condition(status, "Ready").filter(c -> "False".equals(c.getStatus())).isPresent();
    return "NodeLost".equals(status.getReason())
        || phase.equals("Unknown")
        || (tainted && notReady);
  }

  private static Optional<ContainerStatus> container(PodStatus status) {
    return status.getContainerStatuses().stream()
        .filter(c -> BuilderPod.CONTAINER.equals(c.getName()))
        .findFirst();
  }

  private static @Nullable ContainerStateTerminated terminated(
      Optional<ContainerStatus> container) {
    return container.map(ContainerStatus::getState).map(ContainerState::getTerminated).orElse(null);
  }

  private static boolean pushed(@Nullable ContainerStateTerminated terminated) {
    return terminated != null
        && Integer.valueOf(0).equals(terminated.getExitCode())
        && BuildResult.parse(terminated.getMessage())
            .filter(r -> "Succeeded".equals(r.outcome()) && r.digest() != null)
            .isPresent();
  }

  private static PodState succeeded(
      PodStatus status, @Nullable ContainerStateTerminated terminated, Instant now) {
    Optional<BuildResult> result =
        BuildResult.parse(terminated == null ? null : terminated.getMessage());
    if (result.isPresent()
        && "Succeeded".equals(result.get().outcome())
        && result.get().digest() != null) {
      return new PodState.Succeeded(
          result.get(), started(status, terminated), ended(terminated, now));
    }
    return new PodState.Failed(
        failure(
            Reasons.BUILDER_CRASHED,
            "the builder ended without a result document, so no digest is known; "
                + "check that the builder image fits this operator"),
        false,
        result,
        started(status, terminated),
        ended(terminated, now));
  }

  private static PodState failed(
      Pod pod, @Nullable ContainerStateTerminated terminated, Instant now) {
    PodStatus status = Objects.requireNonNullElseGet(pod.getStatus(), PodStatus::new);
    Optional<BuildResult> result =
        BuildResult.parse(terminated == null ? null : terminated.getMessage());
    Instant started = started(status, terminated);
    Instant ended = ended(terminated, now);
    BuildResult.Problem problem = result.map(BuildResult::failure).orElse(null);
    String podReason = Objects.requireNonNullElse(status.getReason(), "");
    // Of the container that stays for people, where the build had ended before.
    boolean late = terminated != null && DebugContainer.in(pod) && problem != null;
    if (podReason.equals("DeadlineExceeded") && !late) {
      String ran =
          started == null
              ? ""
              : " after " + dev.slipway.api.Durations.format(Duration.between(started, ended));
      return new PodState.Failed(
          failure(
              Reasons.TIMEOUT,
              "the build was ended"
                  + ran
                  + ": it ran longer than spec.timeout allows; "
                  + "raise spec.timeout, or make the build faster"),
          false,
          result,
          started,
          ended);
    }
    Optional<PodCondition> disruption = condition(status, "DisruptionTarget");
    if (INFRASTRUCTURE.contains(podReason) || disruption.isPresent()) {
      String text =
          Objects.requireNonNullElse(
              status.getMessage(), disruption.map(PodCondition::getMessage).orElse("no message"));
      boolean lost = podReason.equals("NodeLost");
      return new PodState.Failed(
          failure(
              lost ? Reasons.NODE_LOST : Reasons.POD_EVICTED,
              "the cluster ended the builder pod ("
                  + (podReason.isEmpty()
                      ? disruption.map(PodCondition::getReason).orElse("disruption")
                      : podReason)
                  + "): "
                  + text),
          true,
          result,
          started,
          ended);
    }
    if (problem != null && problem.reason() != null) {
      return new PodState.Failed(
          new Failure(
              problem.reason(),
              Objects.requireNonNullElse(problem.message(), problem.reason())
                  + (terminated == null || problem.instruction() == null
                      ? ""
                      : DebugContainer.advice(pod, terminated).orElse("")),
              problem.stage(),
              problem.instruction(),
              file(pod, problem),
              problem.line(),
              problem.exitCode(),
              problem.logTail()),
          problem.retryable(),
          result,
          started,
          ended);
    }
    if (terminated != null
        && LOST_CONTAINER.contains(Objects.requireNonNullElse(terminated.getReason(), ""))) {
      return new PodState.Failed(
          failure(
              Reasons.NODE_LOST,
              "the node lost the container of the build ("
                  + terminated.getReason()
                  + ", exit code "
                  + terminated.getExitCode()
                  + "), as it does when it is started again"),
          true,
          result,
          started,
          ended);
    }
    return new PodState.Failed(crashed(status, terminated), false, result, started, ended);
  }

  /** Of a Dockerfile that it is given by itself, the builder knows no better name than "-". */
  private static @Nullable String file(Pod pod, BuildResult.Problem problem) {
    Map<String, String> annotations = pod.getMetadata().getAnnotations();
    boolean inline = annotations != null && annotations.containsKey(Mounts.DOCKERFILE);
    return inline && "-".equals(problem.file()) ? "spec.dockerfileInline" : problem.file();
  }

  private static Failure crashed(PodStatus status, @Nullable ContainerStateTerminated terminated) {
    if (terminated == null) {
      return failure(
          Reasons.BUILDER_START_FAILED,
          "the builder pod failed before its container started: "
              + Objects.requireNonNullElse(status.getMessage(), "no message"));
    }
    String reason = Objects.requireNonNullElse(terminated.getReason(), "");
    if (reason.equals("OOMKilled")) {
      return failure(
          Reasons.OUT_OF_MEMORY,
          "the builder used more memory than it may and was killed; "
              + "raise spec.pod.resources.limits.memory");
    }
    String message = Objects.requireNonNullElse(terminated.getMessage(), "").strip();
    if (reason.equals("ContainerCannotRun") || reason.equals("StartError")) {
      return failure(
          Reasons.BUILDER_START_FAILED, "the builder container could not be started: " + message);
    }
    return failure(
        Reasons.BUILDER_CRASHED,
        "the builder ended with exit code "
            + terminated.getExitCode()
            + " and left no result document; its log says more"
            + (message.isEmpty() ? "" : ": " + message));
  }

  static Optional<PodCondition> condition(PodStatus status, String type) {
    return status.getConditions().stream().filter(c -> type.equals(c.getType())).findFirst();
  }

  private static @Nullable Instant started(
      PodStatus status, @Nullable ContainerStateTerminated terminated) {
    return time(terminated == null ? null : terminated.getStartedAt())
        .or(() -> time(status.getStartTime()))
        .orElse(null);
  }

  private static Instant ended(@Nullable ContainerStateTerminated terminated, Instant now) {
    return time(terminated == null ? null : terminated.getFinishedAt()).orElse(now);
  }

  private static Failure failure(String reason, String message) {
    return new Failure(reason, message, null, null, null, null, null, List.of());
  }

  private static Optional<Instant> time(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(java.time.OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
