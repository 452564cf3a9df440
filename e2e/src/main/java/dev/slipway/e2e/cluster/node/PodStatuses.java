package dev.slipway.e2e.cluster.node;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A pod's status as a function of the states of its containers, as a kubelet computes it. */
final class PodStatuses {
  private PodStatuses() {}

  /** Why the pod as a whole failed, such as {@code DeadlineExceeded}. */
  record Verdict(String reason, String message) {}

  /**
   * The status.
   *
   * @param before the status so far: a condition that stays keeps its time
   * @param states by container name; what is missing is waiting
   * @param unready names of containers whose readiness probe fails
   * @param verdict null unless the node itself failed the pod
   */
  static PodStatus of(
      Pod pod,
      @Nullable PodStatus before,
      Map<String, ContainerState> states,
      Set<String> unready,
      @Nullable Verdict verdict,
      Instant started,
      Instant now) {
    List<ContainerStatus> init =
        statuses(pod.getSpec().getInitContainers(), states, Set.of(), "PodInitializing");
    boolean initialized = init.stream().allMatch(PodStatuses::succeeded);
    List<ContainerStatus> main =
        statuses(
            pod.getSpec().getContainers(),
            states,
            unready,
            pod.getSpec().getInitContainers().isEmpty() ? "ContainerCreating" : "PodInitializing");
    String phase = phase(init, main, verdict);
    boolean ready = phase.equals("Running") && main.stream().allMatch(ContainerStatus::getReady);
    boolean completed = phase.equals("Succeeded");
    String why =
        completed ? "PodCompleted" : phase.equals("Failed") ? "PodFailed" : "ContainersNotReady";
    List<PodCondition> conditions = new ArrayList<>();
    conditions.add(
        condition(before, "PodReadyToStartContainers", !phase.equals("Pending"), "", now));
    conditions.add(
        condition(
            before,
            "Initialized",
            initialized,
            completed ? "PodCompleted" : initialized ? "" : "ContainersNotInitialized",
            now));
    conditions.add(condition(before, "Ready", ready, ready ? "" : why, now));
    conditions.add(condition(before, "ContainersReady", ready, ready ? "" : why, now));
    conditions.add(condition(before, "PodScheduled", true, "", now));
    PodStatusBuilder status =
        new PodStatusBuilder()
            .withPhase(phase)
            .withConditions(conditions)
            .withHostIP("127.0.0.1")
            .withPodIP("127.0.0.1")
            .withStartTime(time(started))
            .withInitContainerStatuses(init)
            .withContainerStatuses(main)
            .withQosClass("BestEffort");
    if (verdict != null) {
      status.withReason(verdict.reason()).withMessage(verdict.message());
    }
    return status.build();
  }

  /** The status of a pod that no node takes. */
  static PodStatus unschedulable(Pod pod, String message, Instant now) {
    PodCondition condition =
        condition(pod.getStatus(), "PodScheduled", false, "Unschedulable", now);
    condition.setMessage(message);
    return new PodStatusBuilder(pod.getStatus())
        .withPhase("Pending")
        .withConditions(condition)
        .build();
  }

  static ContainerState waiting(String reason, @Nullable String message) {
    return new ContainerStateBuilder()
        .withNewWaiting()
        .withReason(reason)
        .withMessage(message)
        .endWaiting()
        .build();
  }

  static ContainerState running(Instant since) {
    return new ContainerStateBuilder().withNewRunning(time(since)).build();
  }

  static ContainerState terminated(
      String reason, int exitCode, @Nullable String message, Instant started, Instant finished) {
    var terminated =
        new ContainerStateBuilder()
            .withNewTerminated()
            .withReason(reason)
            .withExitCode(exitCode)
            .withMessage(message)
            .withStartedAt(time(started))
            .withFinishedAt(time(finished));
    // 128 and more is how a shell, and a container runtime, report a signal.
    return (exitCode > 128 ? terminated.withSignal(exitCode - 128) : terminated)
        .endTerminated()
        .build();
  }

  private static List<ContainerStatus> statuses(
      List<Container> containers,
      Map<String, ContainerState> states,
      Set<String> unready,
      String standard) {
    List<ContainerStatus> statuses = new ArrayList<>();
    for (Container container : containers) {
      ContainerState state = states.getOrDefault(container.getName(), waiting(standard, null));
      boolean running = state.getRunning() != null;
      statuses.add(
          new ContainerStatusBuilder()
              .withName(container.getName())
              .withImage(container.getImage())
              .withImageID("")
              .withContainerID(
                  state.getWaiting() == null ? "process://" + container.getName() : null)
              .withReady(running && !unready.contains(container.getName()))
              .withStarted(running)
              .withRestartCount(0)
              .withState(state)
              .build());
    }
    return statuses;
  }

  private static boolean succeeded(ContainerStatus status) {
    var terminated = status.getState().getTerminated();
    return terminated != null && terminated.getExitCode() == 0;
  }

  private static String phase(
      List<ContainerStatus> init, List<ContainerStatus> main, @Nullable Verdict verdict) {
    if (verdict != null) {
      return "Failed";
    }
    boolean initFailed =
        init.stream().anyMatch(s -> s.getState().getTerminated() != null && !succeeded(s));
    if (initFailed) {
      return "Failed";
    }
    if (main.stream().allMatch(s -> s.getState().getTerminated() != null)) {
      return main.stream().allMatch(PodStatuses::succeeded) ? "Succeeded" : "Failed";
    }
    return main.stream().allMatch(s -> s.getState().getWaiting() != null) ? "Pending" : "Running";
  }

  private static PodCondition condition(
      @Nullable PodStatus before, String type, boolean status, String reason, Instant now) {
    String value = status ? "True" : "False";
    String since = time(now);
    if (before != null) {
      for (PodCondition present : before.getConditions()) {
        if (present.getType().equals(type) && present.getStatus().equals(value)) {
          since = present.getLastTransitionTime();
        }
      }
    }
    return new PodConditionBuilder()
        .withType(type)
        .withStatus(value)
        .withReason(reason.isEmpty() ? null : reason)
        .withLastTransitionTime(since)
        .build();
  }

  static String time(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
