package dev.slipway.operator.imagebuild;

import dev.slipway.api.Failure;
import dev.slipway.api.Phase;
import dev.slipway.api.Reasons;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.imagebuild.Plan.Draft;
import dev.slipway.operator.imagebuild.Plan.Notice;
import dev.slipway.operator.pod.BuildResult;
import dev.slipway.operator.pod.PodState;
import dev.slipway.operator.pod.PodState.Trouble;
import dev.slipway.operator.pod.PodStates;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Takes the build that has been decided, and has not ended, one step further. */
final class ActiveBuild {
  /** A pod that starts within this is not worth a write of its own. */
  private static final Duration QUICK = Duration.ofSeconds(10);

  private final Observation seen;
  private final List<Attempt> attempts;
  private final Chronicle story;
  private final Draft draft;
  private final Deadline deadline;
  private final Start start;
  private final Policy policy;

  ActiveBuild(
      Observation seen,
      Policy policy,
      List<Attempt> attempts,
      Chronicle story,
      Overtaken overtaken,
      Draft draft) {
    this.seen = seen;
    this.attempts = attempts;
    this.story = story;
    this.draft = draft;
    this.policy = policy;
    deadline = new Deadline(seen, policy, story, draft);
    start = new Start(seen, policy, attempts, story, overtaken, draft);
  }

  /** Takes the active build one step further. */
  Situation start() {
    return start.go();
  }

  Situation advance() {
    Optional<Attempt> current =
        attempts.stream().filter(a -> a.is(story.number(), story.attempt())).findFirst();
    if (current.isEmpty()) {
      return story.build.podName() == null
          ? start.go()
          : failed(deleted(), true, Optional.empty(), null, seen.now());
    }
    Attempt attempt = current.get();
    story.build = story.build.toBuilder().podName(attempt.name()).build();
    return switch (attempt.state()) {
      case PodState.Starting starting -> starting(starting, attempt);
      case PodState.Running running -> {
        if (!running.ready()) {
          draft.lookAgainIn(Duration.ofSeconds(5));
        }
        Duration unprobed =
            PodStates.FIRST_PROBES.minus(Duration.between(running.since(), seen.now()));
        if (unprobed.isPositive()) {
          // Who waits from the start never becomes ready, which nothing wakes us for.
          draft.lookAgainIn(unprobed);
        }
        yield running
            .waits()
            .map(what -> Situation.working(Phase.BUILDING, what.reason(), what.message()))
            .orElseGet(story::building);
      }
      case PodState.Stopping stopping ->
          stopping.nodeLost()
              ? Situation.working(
                  Phase.BUILDING,
                  Reasons.NODE_LOST,
                  "the node of builder pod "
                      + attempt.name()
                      + " does not answer; the build is tried again once the pod is gone, which is"
                      + " at once if the Node is deleted")
              : Situation.working(
                  Phase.BUILDING,
                  Reasons.STOPPING,
                  "builder pod "
                      + attempt.name()
                      + " is being deleted, by somebody else; once it is gone the build is tried"
                      + " again, as far as spec.retries lets it");
      case PodState.Succeeded done -> {
        story.succeeded(done, seen.spec().output().image());
        draft.actions.add(new Action.Leave());
        yield story.concluded();
      }
      case PodState.Failed f ->
          failed(f.failure(), f.retryable(), f.result(), f.started(), f.ended());
    };
  }

  private Situation starting(PodState.Starting pod, Attempt attempt) {
    Duration waited = Duration.between(pod.since(), seen.now());
    Duration left = deadline.limit().minus(waited);
    if (pod.trouble().isEmpty() && left.isPositive()) {
      draft.lookAgainIn(left);
      // Mounts and pulls report their trouble through events, which nothing wakes us for.
      draft.lookAgainIn(
          waited.toSeconds() < 2
              ? Duration.ofSeconds(2).minus(waited)
              : Deadline.attention(waited));
      return waited.compareTo(QUICK) < 0
          ? story.building()
          : Situation.working(
              Phase.BUILDING,
              Reasons.STARTING,
              "builder pod " + attempt.name() + " is being prepared on its node");
    }
    return deadline.watch(
        pod.trouble()
            .orElseGet(() ->
                new Trouble(
                    Reasons.BUILDER_START_FAILED,
                    "builder pod " + attempt.name() + " did not start, and nothing says why")),
        pod.since(),
        () -> draft.actions.add(new Action.DeletePod(attempt.name())));
  }

  private Situation failed(
      Failure why,
      boolean retryable,
      Optional<BuildResult> result,
      @Nullable Instant started,
      Instant ended) {
    result.ifPresent(story::remember);
    if (seen.spec().follow() != null && seen.spec().follow().baseImages()) {
      result.ifPresent(story::met);
    }
    int failures = story.attempt();
    // Another attempt would build the spec as it is now under the record of what it was.
    boolean outdated = !Inputs.changed(story.observed, Inputs.of(seen.spec())).isEmpty();
    if (retryable && !outdated && failures <= seen.spec().retries()) {
      draft.notices.add(
          new Notice(
              true,
              why.reason(),
              "attempt " + failures + " of build " + story.number() + " failed: " + why.message()));
      story.retry(why, ended.plus(policy.retryDelay(failures)));
      return start.go();
    }
    draft.actions.add(new Action.Leave());
    story.failed(failures > 1 && retryable ? tried(why, failures) : why, started, ended);
    return story.concluded();
  }

  private static Failure tried(Failure why, int times) {
    return new Failure(
        why.reason(),
        why.message() + " (tried " + times + " times)",
        why.stage(),
        why.instruction(),
        why.file(),
        why.line(),
        why.exitCode(),
        why.logTail());
  }

  private Failure deleted() {
    return Texts.failure(
        Reasons.POD_DELETED,
        "builder pod " + story.build.podName() + " was deleted while it was building");
  }
}
