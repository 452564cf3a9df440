package dev.slipway.operator.imagebuild;

import dev.slipway.api.ImageBuildStatus;
import dev.slipway.operator.pod.PodState;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What should be done now.
 *
 * @param status the status that should be written
 * @param actions what should be done before that, in this order
 * @param notices Kubernetes Events to tell people
 * @param again when to look again even if nothing happens
 */
record Plan(
    ImageBuildStatus status, List<Action> actions, List<Notice> notices, Optional<Duration> again) {

  Plan {
    actions = List.copyOf(actions);
    notices = List.copyOf(notices);
  }

  /** Something to do. Doing it twice is the same as doing it once. */
  sealed interface Action {
    /** Find out the commit of the ref. */
    record Resolve() implements Action {}

    /** Ask for a place among the running builds. */
    record Enqueue(Instant since) implements Action {}

    /**
     * Create the builder pod; one of the same name that is there already is taken for it.
     *
     * @param alternatives the same pod with less and less isolation: the first is created that the
     *     namespace's Pod Security admits
     */
    record CreatePod(List<Pod> alternatives) implements Action {
      public CreatePod {
        alternatives = List.copyOf(alternatives);
      }

      Pod pod() {
        return alternatives.getFirst();
      }
    }

    /** Keep the log of a builder pod that is about to be deleted. */
    record KeepLog(String pod, long number, int attempt) implements Action {}

    /** Delete a builder pod. */
    record DeletePod(String name) implements Action {}

    /** Tell the image to those who read no status. */
    record Publish(ConfigMap configMap) implements Action {}

    /** The commit has been taken over. */
    record ForgetCommit() implements Action {}

    /** The place in the queue is free again, and that among the running once no pod is alive. */
    record Leave() implements Action {}
  }

  /**
   * A Kubernetes Event.
   *
   * @param warning whether its type is Warning
   */
  record Notice(boolean warning, String reason, String message) {}

  /** One line for the log. */
  String summary() {
    return status.phase()
        + " "
        + status.reason()
        + " "
        + actions.stream().map(a -> a.getClass().getSimpleName()).toList()
        + again.map(d -> ", again in " + d).orElse("");
  }

  boolean creates() {
    return actions.stream().anyMatch(Action.CreatePod.class::isInstance);
  }

  boolean deletes(String pod) {
    return actions.contains(new Action.DeletePod(pod));
  }

  /** Since when it wants to build, if it asks for a place. */
  Optional<Instant> enqueues() {
    return actions.stream()
        .flatMap(a -> a instanceof Action.Enqueue e ? Stream.of(e.since()) : Stream.empty())
        .findFirst();
  }

  /** Collects a plan. */
  static final class Draft {
    final List<Action> actions = new ArrayList<>();
    final List<Notice> notices = new ArrayList<>();
    Optional<Duration> again = Optional.empty();

    void lookAgainIn(Duration delay) {
      Duration wait = delay.compareTo(Duration.ofMillis(50)) < 0 ? Duration.ofMillis(50) : delay;
      if (again.isEmpty() || again.get().compareTo(wait) > 0) {
        again = Optional.of(wait);
      }
    }

    /** Deletes a pod that is not over, and keeps its log if it has one. */
    void stop(Attempt attempt) {
      Action delete = new Action.DeletePod(attempt.name());
      if (actions.contains(delete)) {
        return;
      }
      if (attempt.state() instanceof PodState.Running) {
        actions.add(attempt.keepLog());
      }
      actions.add(delete);
    }

    Plan with(ImageBuildStatus status) {
      return new Plan(status, actions, notices, again);
    }
  }
}
