package dev.slipway.operator.imagebuild;

import dev.slipway.api.Durations;
import dev.slipway.api.Phase;
import dev.slipway.api.Reasons;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.imagebuild.Plan.Draft;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.BuilderPod;
import dev.slipway.operator.pod.PodState;
import dev.slipway.operator.queue.Admission;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Starts an attempt: its place in the queue, then its pod. */
final class Start {
  private final Observation seen;
  private final Policy policy;
  private final List<Attempt> attempts;
  private final Chronicle story;
  private final Draft draft;
  private final Overtaken overtaken;
  private final Deadline deadline;

  Start(
      Observation seen,
      Policy policy,
      List<Attempt> attempts,
      Chronicle story,
      Overtaken overtaken,
      Draft draft) {
    this.seen = seen;
    this.policy = policy;
    this.attempts = attempts;
    this.story = story;
    this.overtaken = overtaken;
    this.draft = draft;
    deadline = new Deadline(seen, policy, story, draft);
  }

  Situation go() {
    if (seen.spec().suspend()) {
      draft.actions.add(new Action.Leave());
      return Situation.held(
          Phase.SUSPENDED, Reasons.SUSPENDED, "spec.suspend holds back build " + story.number());
    }
    Optional<Situation> notYet = stopOthers().or(this::backOff);
    if (notYet.isPresent()) {
      // A build that cannot start must not keep others from starting.
      draft.actions.add(new Action.Leave());
      return notYet.get();
    }
    Instant since = Texts.queued(story.build, seen.now());
    if (seen.creation().isPresent()) {
      draft.actions.add(new Action.Leave());
      return deadline.watch(seen.creation().get(), since, () -> {});
    }
    return switch (seen.admission()) {
      case Admission.Unasked _ -> {
        draft.actions.add(new Action.Enqueue(since));
        yield Situation.working(Phase.QUEUED, Reasons.QUEUED, "waits for its turn");
      }
      case Admission.Waiting turn -> queued(turn, since);
      case Admission.Granted _ -> {
        story.refresh(Inputs.of(seen.spec()));
        Action.CreatePod create =
            new Action.CreatePod(BuilderPod.of(seen.build(), record(), policy.pod()));
        draft.actions.add(create);
        story.build = story.build.toBuilder().podName(create.pod().getMetadata().getName()).build();
        draft.lookAgainIn(Duration.ofSeconds(2));
        yield story.building();
      }
    };
  }

  private Situation queued(Admission.Waiting turn, Instant since) {
    if (seen.spec().waitTimeout() != null) {
      Duration limit = Durations.parse(seen.spec().waitTimeout());
      Duration left = limit.minus(Duration.between(since, seen.now()));
      if (!left.isPositive()) {
        return deadline.lost(
            Texts.failure(
                Reasons.TIMEOUT,
                "no place in the queue within spec.waitTimeout ("
                    + seen.spec().waitTimeout()
                    + "): "
                    + turn.message()));
      }
      draft.lookAgainIn(left);
    }
    story.status.queuePosition(turn.position());
    return Situation.working(Phase.QUEUED, Reasons.QUEUED, turn.message());
  }

  private Optional<Situation> stopOthers() {
    List<Attempt> alive =
        attempts.stream()
            .filter(a -> !a.state().over() && !a.is(story.number(), story.attempt()))
            .filter(a -> !overtaken.protects(a))
            .toList();
    if (alive.isEmpty()) {
      return Optional.empty();
    }
    if (!overtaken.allowed()) {
      overtaken.stop(Reasons.SUPERSEDED);
    }
    for (Attempt other : alive) {
      Action stop = new Action.DeletePod(other.name());
      if (!other.deleting() && !draft.actions.contains(stop)) {
        draft.actions.add(stop);
      }
    }
    return Optional.of(
        Situation.working(
            Phase.BUILDING,
            Reasons.STOPPING,
            "waiting for builder pod "
                + alive.getFirst().name()
                + " to stop"
                + (alive.getFirst().state() instanceof PodState.Stopping s && s.nodeLost()
                    ? "; its node does not answer, and it is gone at once if the Node is deleted"
                    : "")));
  }

  private Optional<Situation> backOff() {
    String notBefore = story.build.nextAttemptTime();
    if (notBefore == null || !Instant.parse(notBefore).isAfter(seen.now())) {
      return Optional.empty();
    }
    draft.lookAgainIn(Duration.between(seen.now(), Instant.parse(notBefore)));
    return Optional.of(
        Situation.working(
            Phase.BUILDING,
            Reasons.RETRYING,
            "attempt "
                + story.attempt()
                + " of at most "
                + (seen.spec().retries() + 1)
                + " starts at "
                + notBefore
                + (story.failure == null
                    ? ""
                    : "; the last one failed: " + story.failure.message())));
  }

  private BuildRecord record() {
    return new BuildRecord(
        story.number(),
        story.attempt(),
        Objects.requireNonNullElse(story.build.reason(), Reasons.SPEC_CHANGED),
        Objects.requireNonNullElse(story.build.trigger(), ""),
        story.commit(),
        story.handledRequest,
        Objects.requireNonNullElse(story.build.queueTime(), Texts.time(seen.now())),
        seen.generation(),
        story.observed);
  }
}
