package dev.slipway.operator.imagebuild;

import dev.slipway.api.ConcurrencyPolicy;
import dev.slipway.api.Outcome;
import dev.slipway.api.Reasons;
import dev.slipway.operator.imagebuild.Plan.Draft;
import dev.slipway.operator.imagebuild.Plan.Notice;
import dev.slipway.operator.pod.PodState;
import dev.slipway.operator.pod.PodState.Trouble;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Builds that run on though a newer one has begun ({@code concurrencyPolicy: Allow}). Each has an
 * entry without an outcome in the history, so that none ends unnoticed. None is tried again: the
 * newer one is what is wanted by now.
 */
final class Overtaken {
  private final Observation seen;
  private final List<Attempt> attempts;
  private final Chronicle story;
  private final Draft draft;
  private final Deadline deadline;

  Overtaken(Observation seen, Policy policy, List<Attempt> attempts, Chronicle story, Draft draft) {
    this.seen = seen;
    this.attempts = attempts;
    this.story = story;
    this.draft = draft;
    deadline = new Deadline(seen, policy, story, draft);
  }

  /** Whether this build may run on beside the newest. */
  boolean protects(Attempt attempt) {
    return allowed() && story.runsBeside(attempt.build().number());
  }

  boolean allowed() {
    return seen.spec().concurrencyPolicy() == ConcurrencyPolicy.ALLOW;
  }

  /** Notes which of them have ended, and how. */
  void follow() {
    story.beside().forEach(this::follow);
  }

  private void follow(long number) {
    Optional<Attempt> pod = attempts.stream().filter(a -> a.build().number() == number).findFirst();
    if (pod.isEmpty()) {
      if (allowed()) {
        failed(number, Reasons.POD_DELETED, "its pod was deleted", null, seen.now());
      } else {
        story.besideEnded(
            number, Outcome.CANCELLED, Reasons.SUPERSEDED, null, null, null, seen.now());
      }
      return;
    }
    switch (pod.get().state()) {
      case PodState.Starting starting -> starting(number, pod.get(), starting);
      case PodState.Running _, PodState.Stopping _ -> {}
      case PodState.Succeeded done -> {
        story.besideSucceeded(number, done, seen.spec().output().image());
        tell(false, Reasons.SUCCEEDED, number, "pushed " + done.result().digest());
      }
      case PodState.Failed f ->
          failed(number, f.failure().reason(), f.failure().message(), f.started(), f.ended());
    }
  }

  private void starting(long number, Attempt attempt, PodState.Starting starting) {
    Duration left = deadline.limit().minus(Duration.between(starting.since(), seen.now()));
    if (left.isPositive()) {
      draft.lookAgainIn(left);
      return;
    }
    draft.stop(attempt);
    failed(
        number,
        starting.trouble().map(Trouble::reason).orElse(Reasons.TIMEOUT),
        starting.trouble().map(Trouble::message).orElse("its pod did not start"),
        null,
        seen.now());
  }

  private void failed(
      long number, String reason, String message, @Nullable Instant started, Instant ended) {
    story.besideEnded(number, Outcome.FAILED, reason, null, null, started, ended);
    tell(true, reason, number, "failed: " + message);
  }

  private void tell(boolean warning, String reason, long number, String what) {
    draft.notices.add(
        new Notice(warning, reason, "build " + number + ", which a newer one overtook, " + what));
  }

  /** Ends them all without a result. */
  void stop(String reason) {
    for (long number : story.beside()) {
      attempts.stream()
          .filter(a -> a.build().number() == number && !a.state().over() && !a.deleting())
          .forEach(draft::stop);
      story.besideEnded(number, Outcome.CANCELLED, reason, null, null, null, seen.now());
    }
  }
}
