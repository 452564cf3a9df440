package dev.slipway.operator.imagebuild;

import dev.slipway.api.Durations;
import dev.slipway.api.Failure;
import dev.slipway.api.Phase;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.imagebuild.Plan.Draft;
import dev.slipway.operator.pod.PodState.Trouble;
import java.time.Duration;
import java.time.Instant;

/** How long a build may wait for something outside of it, and what is said meanwhile. */
final class Deadline {
  private static final Duration MOST_ATTENTION = Duration.ofSeconds(4);

  private final Observation seen;
  private final Policy policy;
  private final Chronicle story;
  private final Draft draft;

  Deadline(Observation seen, Policy policy, Chronicle story, Draft draft) {
    this.seen = seen;
    this.policy = policy;
    this.story = story;
    this.draft = draft;
  }

  /** Something is missing: say so, look again, and give up at the deadline. */
  Situation watch(Trouble trouble, Instant since, Runnable giveUp) {
    Duration limit = limit();
    Duration waited = Duration.between(since, seen.now());
    Duration left = limit.minus(waited);
    if (!left.isPositive()) {
      giveUp.run();
      return lost(
          Texts.failure(
              trouble.reason(),
              trouble.message()
                  + " (waited "
                  + Durations.format(limit)
                  + "; ask for another build once it is put right)"));
    }
    Duration again = patience(waited);
    draft.lookAgainIn(left.compareTo(again) < 0 ? left : again);
    return Situation.working(Phase.PENDING, trouble.reason(), trouble.message());
  }

  /** How long a pod may take to start. */
  Duration limit() {
    return seen.spec().waitTimeout() == null
        ? policy.waitDeadline()
        : Durations.parse(seen.spec().waitTimeout());
  }

  /** What is not known to be in trouble may be so any moment, and is to say so in seconds. */
  static Duration attention(Duration waited) {
    Duration patience = patience(waited);
    return patience.compareTo(MOST_ATTENTION) > 0 ? MOST_ATTENTION : patience;
  }

  /** The longer something lasts, the less often it is worth a look. */
  static Duration patience(Duration waited) {
    return Duration.ofSeconds(Math.clamp(waited.toSeconds() / 4, 2, 30));
  }

  Situation lost(Failure why) {
    draft.actions.add(new Action.Leave());
    story.failed(why, null, seen.now());
    return story.concluded();
  }
}
