package dev.slipway.operator.imagebuild;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Durations;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Retention;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.imagebuild.Plan.Draft;
import dev.slipway.operator.pod.PodState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Pods that ended, and what becomes of them.
 *
 * @param surplus those that should go now
 * @param next when the next one should go
 */
record Leftovers(List<Attempt> surplus, Optional<Duration> next) {

  /**
   * By {@code spec.retention}. Only a pod whose end is in the status that was read may go: until
   * then it is the only one who knows.
   *
   * @param attempts newest first
   */
  static Leftovers of(Retention keep, ImageBuildStatus read, List<Attempt> attempts, Instant now) {
    List<Attempt> surplus = new ArrayList<>();
    Optional<Duration> next = Optional.empty();
    int succeeded = 0;
    int failed = 0;
    for (Attempt attempt : attempts) {
      Instant ended;
      boolean over;
      switch (attempt.state()) {
        case PodState.Succeeded s -> {
          over = ++succeeded > keep.succeeded();
          ended = s.ended();
        }
        case PodState.Failed f -> {
          over = ++failed > keep.failed();
          ended = f.ended();
        }
        case PodState.Starting _, PodState.Running _, PodState.Stopping _ -> {
          continue;
        }
      }
      if (attempt.deleting() || attempt.held()) {
        continue;
      }
      Duration left =
          keep.ttl() == null
              ? Duration.ofDays(365)
              : Durations.parse(keep.ttl()).minus(Duration.between(ended, now));
      boolean due = over || !left.isPositive();
      if (due && known(read, attempt)) {
        surplus.add(attempt);
      } else if (due || keep.ttl() != null) {
        Duration wait = due ? Duration.ofSeconds(1) : left;
        next = next.filter(n -> n.compareTo(wait) <= 0).or(() -> Optional.of(wait));
      }
    }
    return new Leftovers(List.copyOf(surplus), next);
  }

  private static boolean known(ImageBuildStatus read, Attempt attempt) {
    BuildStatus build = read.build();
    if (build == null || build.number() == null) {
      return false;
    }
    long number = attempt.build().number();
    boolean furtherAttempt = build.attempt() != null && attempt.build().attempt() < build.attempt();
    boolean runsBeside =
        read.history().stream().anyMatch(h -> h.number() == number && h.outcome() == null);
    return (number < build.number() && !runsBeside)
        || (number == build.number() && (build.outcome() != null || furtherAttempt));
  }

  void addTo(Draft draft) {
    surplus.forEach(attempt -> {
      draft.actions.add(attempt.keepLog());
      draft.actions.add(new Action.DeletePod(attempt.name()));
    });
    next.ifPresent(draft::lookAgainIn);
  }
}
