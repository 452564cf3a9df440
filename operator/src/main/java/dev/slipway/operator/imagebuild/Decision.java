package dev.slipway.operator.imagebuild;

import dev.slipway.api.ConcurrencyPolicy;
import dev.slipway.api.Durations;
import dev.slipway.api.Failure;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildSpec;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Outcome;
import dev.slipway.api.Phase;
import dev.slipway.api.Reasons;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.imagebuild.Plan.Draft;
import dev.slipway.operator.imagebuild.Plan.Notice;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.BuildResult;
import dev.slipway.operator.pod.BuilderPod;
import dev.slipway.operator.pod.PodState;
import dev.slipway.operator.pod.PodState.Trouble;
import dev.slipway.operator.queue.Admission;
import dev.slipway.operator.source.Resolution;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One decision: from one observation to one plan. Used once. */
final class Decision {
  /** So long a state that passes by itself is not worth a write. */
  private static final Duration FLEETING = Duration.ofSeconds(1);

  private final Observation seen;
  private final Policy policy;
  private final ImageBuild object;
  private final ImageBuildSpec spec;
  private final ImageBuildStatus before;
  private final Instant now;
  private final Map<String, String> inputs;
  private final List<Attempt> attempts;
  private final Draft draft = new Draft();
  private final Chronicle story;

  Decision(Observation seen, Policy policy) {
    this.seen = seen;
    this.policy = policy;
    object = seen.build();
    spec = object.getSpec();
    before = seen.status();
    now = seen.now();
    inputs = Inputs.of(spec);
    attempts = Attempt.of(seen);
    story = new Chronicle(before);
  }

  Plan make() {
    if (object.getMetadata().getDeletionTimestamp() != null) {
      draft.actions.add(new Action.ForgetCommit());
      draft.actions.add(new Action.Leave());
      return draft.with(before);
    }
    adopt();
    cancelIfAsked();
    replaceIfChanged();
    Optional<Situation> situation =
        story.build.active() ? Optional.of(advance()) : Optional.empty();
    if (!story.build.active()) {
      situation = consider();
      if (situation.isEmpty()) {
        // All of this will be decided again in a moment, so nothing is lost by not writing it.
        return draft.with(before);
      }
    }
    situation.ifPresent(s -> s.describe(story.status, before, seen, now));
    situation.ifPresent(this::tell);
    ImageBuildStatus status = story.write();
    ImageConfigMap.wanted(object, before, status)
        .ifPresent(map -> draft.actions.add(new Action.Publish(map)));
    Leftovers.of(spec.retention(), before, attempts, now).addTo(draft);
    return draft.with(status);
  }

  // ---- what is going on ----------------------------------------------------------------------

  /** A pod that is newer than the status means that a status write was lost: the pod knows. */
  private void adopt() {
    if (attempts.isEmpty()) {
      return;
    }
    BuildRecord newest = attempts.getFirst().build();
    boolean unknown = newest.number() > story.number();
    boolean furtherAttempt =
        newest.number() == story.number()
            && newest.attempt() > story.attempt()
            && story.build.active();
    if (unknown || furtherAttempt) {
      story.adopt(newest, attempts.getFirst().name());
    }
  }

  private void cancelIfAsked() {
    String asked = seen.annotation(ImageBuild.CANCEL_REQUESTED_AT);
    if (asked == null || asked.equals(before.lastHandledCancelRequestedAt())) {
      return;
    }
    story.status.lastHandledCancelRequestedAt(asked);
    if (story.build.active()) {
      stop(Reasons.CANCELLED);
    }
  }

  private void replaceIfChanged() {
    if (!story.build.active() || Inputs.changed(story.observed, inputs).isEmpty()) {
      return;
    }
    boolean mayFinish =
        spec.concurrencyPolicy() == ConcurrencyPolicy.FORBID && story.build.podName() != null;
    if (!mayFinish) {
      stop(Reasons.SUPERSEDED);
    }
  }

  /** Ends the active build without a result. */
  private void stop(String reason) {
    attempts.stream()
        .filter(a -> !a.state().over() && !a.deleting())
        .forEach(a -> draft.actions.add(new Action.DeletePod(a.name())));
    story.cancelled(reason, now);
    draft.actions.add(new Action.Leave());
  }

  /** Takes the active build one step further. */
  private Situation advance() {
    Optional<Attempt> current =
        attempts.stream().filter(a -> a.is(story.number(), story.attempt())).findFirst();
    if (current.isEmpty()) {
      return story.build.podName() == null
          ? start()
          : failed(deleted(), true, Optional.empty(), null, now);
    }
    Attempt attempt = current.get();
    story.build = story.build.toBuilder().podName(attempt.name()).build();
    return switch (attempt.state()) {
      case PodState.Starting starting -> starting(starting, attempt);
      case PodState.Running _ -> building();
      case PodState.Stopping stopping ->
          stopping.nodeLost()
              ? Situation.working(
                  Phase.BUILDING,
                  Reasons.NODE_LOST,
                  "the node of builder pod "
                      + attempt.name()
                      + " does not answer; the build is tried again once the pod is gone")
              : Situation.working(
                  Phase.BUILDING,
                  Reasons.STOPPING,
                  "builder pod " + attempt.name() + " is being deleted");
      case PodState.Succeeded done -> {
        story.succeeded(done, spec.output().image());
        draft.actions.add(new Action.Leave());
        yield story.concluded();
      }
      case PodState.Failed f ->
          failed(f.failure(), f.retryable(), f.result(), f.started(), f.ended());
    };
  }

  private Situation building() {
    return Situation.working(
        Phase.BUILDING,
        Reasons.BUILDING,
        "build "
            + story.number()
            + " runs in pod "
            + story.build.podName()
            + " ("
            + story.build.trigger()
            + ")");
  }

  private Situation starting(PodState.Starting pod, Attempt attempt) {
    Duration waited = Duration.between(pod.since(), now);
    if (pod.trouble().isEmpty()) {
      // Mounts and pulls report their trouble through events, which nothing wakes us for.
      draft.lookAgainIn(
          waited.toSeconds() < 2 ? Duration.ofSeconds(2).minus(waited) : patience(waited));
      return building();
    }
    return waiting(
        pod.trouble().get(),
        pod.since(),
        () -> draft.actions.add(new Action.DeletePod(attempt.name())));
  }

  /** Something is missing: say so, look again, and give up at the deadline. */
  private Situation waiting(Trouble trouble, Instant since, Runnable giveUp) {
    Duration deadline =
        spec.waitTimeout() == null ? policy.waitDeadline() : Durations.parse(spec.waitTimeout());
    Duration waited = Duration.between(since, now);
    Duration left = deadline.minus(waited);
    if (!left.isPositive()) {
      giveUp.run();
      return lost(
          Texts.failure(
              trouble.reason(),
              trouble.message()
                  + " (waited "
                  + Durations.format(deadline)
                  + "; ask for another build once it is put right)"));
    }
    Duration again = patience(waited);
    draft.lookAgainIn(left.compareTo(again) < 0 ? left : again);
    return Situation.working(Phase.PENDING, trouble.reason(), trouble.message());
  }

  /** The longer something lasts, the less often it is worth a look. */
  private static Duration patience(Duration waited) {
    return Duration.ofSeconds(Math.clamp(waited.toSeconds() / 4, 2, 30));
  }

  private Situation failed(
      Failure why,
      boolean retryable,
      Optional<BuildResult> result,
      @Nullable Instant started,
      Instant ended) {
    result.ifPresent(story::remember);
    int failures = story.attempt();
    if (retryable && failures <= spec.retries()) {
      draft.notices.add(
          new Notice(
              true,
              why.reason(),
              "attempt " + failures + " of build " + story.number() + " failed: " + why.message()));
      story.retry(why, ended.plus(policy.retryDelay(failures)));
      return start();
    }
    draft.actions.add(new Action.Leave());
    story.failed(failures > 1 && retryable ? tried(why, failures) : why, started, ended);
    return story.concluded();
  }

  private Situation lost(Failure why) {
    draft.actions.add(new Action.Leave());
    story.failed(why, null, now);
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

  // ---- whether to build ----------------------------------------------------------------------

  /** Empty where the answer is a moment away. */
  private Optional<Situation> consider() {
    Optional<Wish> wish =
        Wish.of(seen, inputs, story.build, story.observed, story.commit(), story.handledRequest);
    if (wish.isEmpty()) {
      draft.actions.add(new Action.ForgetCommit());
      draft.actions.add(new Action.Leave());
      return Optional.of(story.concluded());
    }
    if (spec.suspend()) {
      draft.actions.add(new Action.ForgetCommit());
      return Optional.of(
          Situation.held(
              Phase.SUSPENDED,
              Reasons.SUSPENDED,
              "spec.suspend holds back a build (" + wish.get().trigger() + ")"));
    }
    if (wish.get().commit() != null) {
      return Optional.of(decide(wish.get(), wish.get().commit()));
    }
    return switch (seen.resolution()) {
      case Resolution.Unasked _ -> {
        draft.actions.add(new Action.Resolve());
        yield resolving(now);
      }
      case Resolution.Pending pending -> resolving(pending.since());
      case Resolution.Failed f -> Optional.of(unresolved(f));
      case Resolution.LeftToBuilder _ -> Optional.of(decide(wish.get(), null));
      case Resolution.Resolved r -> {
        if (wish.get().refOnly()
            && story.build.outcome() == Outcome.SUCCEEDED
            && r.commit().equals(story.commit())) {
          story.observed = inputs;
          draft.actions.add(new Action.ForgetCommit());
          yield Optional.of(story.concluded());
        }
        yield Optional.of(decide(wish.get(), r.commit()));
      }
    };
  }

  private Optional<Situation> resolving(Instant since) {
    Duration left = FLEETING.minus(Duration.between(since, now));
    if (left.isPositive()) {
      draft.lookAgainIn(left);
      return Optional.empty();
    }
    return Optional.of(
        Situation.working(
            Phase.RESOLVING,
            Reasons.RESOLVING,
            "asking "
                + Texts.host(spec.source().git().url())
                + " for the commit of "
                + Texts.ref(spec.source().git())));
  }

  private Situation unresolved(Resolution.Failed f) {
    story.failure = Texts.failure(f.reason(), f.message());
    boolean passes =
        f.reason().equals(Reasons.GIT_UNREACHABLE)
            && Duration.between(f.since(), now).compareTo(policy.waitDeadline()) < 0;
    return passes
        ? Situation.working(Phase.PENDING, f.reason(), f.message())
        : Situation.stalled(Phase.FAILED, f.reason(), f.message());
  }

  private Situation decide(Wish wish, @Nullable String commit) {
    story.begin(wish, commit, inputs, now);
    String asked = seen.annotation(ImageBuild.REQUESTED_AT);
    story.handledRequest = asked == null ? story.handledRequest : asked;
    draft.actions.add(new Action.ForgetCommit());
    return start();
  }

  // ---- how it starts -------------------------------------------------------------------------

  private Situation start() {
    if (spec.suspend()) {
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
    Instant since = Texts.queued(story.build, now);
    if (seen.creation().isPresent()) {
      draft.actions.add(new Action.Leave());
      return waiting(seen.creation().get(), since, () -> {});
    }
    return switch (seen.admission()) {
      case Admission.Unasked _ -> {
        draft.actions.add(new Action.Enqueue(since));
        yield Situation.working(Phase.QUEUED, Reasons.QUEUED, "waits for its turn");
      }
      case Admission.Waiting turn -> queued(turn, since);
      case Admission.Granted _ -> {
        Pod pod = BuilderPod.of(object, record(), policy.pod());
        draft.actions.add(new Action.CreatePod(pod));
        story.build = story.build.toBuilder().podName(pod.getMetadata().getName()).build();
        draft.lookAgainIn(Duration.ofSeconds(2));
        yield building();
      }
    };
  }

  private Situation queued(Admission.Waiting turn, Instant since) {
    if (spec.waitTimeout() != null) {
      Duration limit = Durations.parse(spec.waitTimeout());
      Duration left = limit.minus(Duration.between(since, now));
      if (!left.isPositive()) {
        return lost(
            Texts.failure(
                Reasons.TIMEOUT,
                "no place in the queue within spec.waitTimeout ("
                    + spec.waitTimeout()
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
            .toList();
    if (alive.isEmpty()) {
      return Optional.empty();
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
            "waiting for builder pod " + alive.getFirst().name() + " to stop"));
  }

  private Optional<Situation> backOff() {
    String notBefore = story.build.nextAttemptTime();
    if (notBefore == null || !Instant.parse(notBefore).isAfter(now)) {
      return Optional.empty();
    }
    draft.lookAgainIn(Duration.between(now, Instant.parse(notBefore)));
    return Optional.of(
        Situation.working(
            Phase.BUILDING,
            Reasons.RETRYING,
            "attempt "
                + story.attempt()
                + " of at most "
                + (spec.retries() + 1)
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
        Objects.requireNonNullElse(story.build.queueTime(), Texts.time(now)),
        seen.generation(),
        story.observed);
  }

  // ---- what people are told ------------------------------------------------------------------

  /** An event for each end, and for each new reason to worry. */
  private void tell(Situation situation) {
    boolean sameBuild =
        before.build() != null && Objects.equals(before.build().number(), story.build.number());
    if (situation.reason().equals(before.reason())
        && Objects.equals(before.observedGeneration(), seen.generation())
        && sameBuild) {
      return;
    }
    boolean worry =
        switch (situation.phase()) {
          case PENDING, FAILED -> true;
          case BUILDING -> situation.reason().equals(Reasons.NODE_LOST);
          case SUCCEEDED, CANCELLED, RESOLVING, QUEUED, SUSPENDED -> false;
        };
    boolean endedBefore = sameBuild && before.build() != null && before.build().outcome() != null;
    if (worry || (story.build.outcome() != null && !endedBefore)) {
      draft.notices.add(new Notice(worry, situation.reason(), situation.message()));
    }
  }
}
