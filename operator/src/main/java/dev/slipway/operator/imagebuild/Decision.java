package dev.slipway.operator.imagebuild;

import dev.slipway.api.GitSource;
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
import dev.slipway.operator.pod.PodState;
import dev.slipway.operator.source.Resolution;
import dev.slipway.operator.trace.TraceIds;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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
  private final ActiveBuild active;
  private final Overtaken overtaken;

  /** The pod whose build the status does not know. */
  private Optional<String> adopted = Optional.empty();

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
    overtaken = new Overtaken(seen, policy, attempts, story, draft);
    active = new ActiveBuild(seen, policy, attempts, story, overtaken, draft);
  }

  Plan make() {
    if (object.getMetadata().getDeletionTimestamp() != null) {
      draft.actions.add(new Action.ForgetCommit());
      draft.actions.add(new Action.Leave());
      return draft.with(before);
    }
    adopt();
    overtaken.follow();
    cancelIfAsked();
    boolean overtakes = overtakes();
    if (!overtakes) {
      replaceIfChanged();
    }
    Optional<Situation> situation =
        story.build.active() && !overtakes ? Optional.of(active.advance()) : Optional.empty();
    if (!story.build.active() || overtakes) {
      Optional<Situation> ended = situation;
      long number = story.number();
      situation = consider();
      if (situation.isEmpty()) {
        // All of this will be decided again in a moment, so nothing is lost by not writing it.
        draft.notices.clear();
        return draft.with(before);
      }
      if (story.number() != number) {
        // The status will speak of the next build only.
        ended.map(s -> s.toNotice("build " + number + ": ")).ifPresent(draft.notices::add);
      }
    }
    situation.ifPresent(s -> s.describe(story.status, before, seen, now));
    if (story.build.podName() != null) {
      TraceIds ids = new TraceIds(object.getMetadata().getUid(), story.number());
      policy
          .pod()
          .tracing()
          .parent(ids.trace(), ids.build())
          .ifPresent(_ -> story.build = story.build.toBuilder().traceId(ids.trace()).build());
    }
    ImageBuildStatus status = story.write();
    situation
        .flatMap(s -> Announcement.of(s, before, status, seen.generation()))
        .ifPresent(draft.notices::add);
    ImageConfigMap.wanted(object, before, status)
        .ifPresent(map -> draft.actions.add(new Action.Publish(map)));
    Leftovers.of(spec.retention(), before, attempts, now).addTo(draft);
    Plan plan = draft.with(status);
    return adopted.filter(plan::deletes).isPresent() ? new Decision(seen, policy).know() : plan;
  }

  /**
   * The pod is all that knows of its build. If it went before the status knows too, whoever comes
   * after a death in between would take the same build for one that was never started.
   */
  private Plan know() {
    adopt();
    story.building().describe(story.status, before, seen, now);
    draft.lookAgainIn(Duration.ZERO);
    return draft.with(story.write());
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
      if (unknown && story.build.active()) {
        story.overtaken();
      }
      adopted = Optional.of(attempts.getFirst().name());
      story.adopt(newest, attempts.getFirst().name());
    }
  }

  private void cancelIfAsked() {
    String asked = seen.annotation(ImageBuild.CANCEL_REQUESTED_AT);
    if (asked == null || asked.equals(before.lastHandledCancelRequestedAt())) {
      return;
    }
    story.status.lastHandledCancelRequestedAt(asked);
    release();
    overtaken.stop(Reasons.CANCELLED);
    if (story.build.active()) {
      stop(Reasons.CANCELLED);
    }
  }

  private void replaceIfChanged() {
    if (!story.build.active() || Inputs.changed(story.observed, inputs).isEmpty()) {
      return;
    }
    boolean mayFinish =
        switch (spec.concurrencyPolicy()) {
          case REPLACE -> false;
          case FORBID -> story.build.podName() != null;
          case ALLOW -> story.build.podName() != null && !inTrouble();
        };
    if (!overtaken.allowed()) {
      overtaken.stop(Reasons.SUPERSEDED);
    }
    if (!mayFinish) {
      if (story.build.podName() != null) {
        draft.notices.add(
            new Notice(
                false,
                Reasons.SUPERSEDED,
                "build " + story.number() + " is stopped: the spec has changed"));
      }
      stop(Reasons.SUPERSEDED);
    }
  }

  /** Whether another build is wanted that may run beside the one that does its work. */
  private boolean overtakes() {
    return overtaken.allowed()
        && story.build.active()
        && !spec.suspend()
        && current().filter(a -> a.state() instanceof PodState.Running || starts(a)).isPresent()
        // What the running build met of base images is known only at its end.
        && wish().filter(w -> !w.reason().equals(Reasons.BASE_IMAGE_CHANGED)).isPresent();
  }

  private boolean inTrouble() {
    return current().filter(a -> a.state() instanceof PodState.Starting && !starts(a)).isPresent();
  }

  private Optional<Attempt> current() {
    return attempts.stream().filter(a -> a.is(story.number(), story.attempt())).findFirst();
  }

  private static boolean starts(Attempt attempt) {
    return attempt.state() instanceof PodState.Starting s && s.trouble().isEmpty();
  }

  private Optional<Wish> wish() {
    return Wish.of(seen, inputs, story.build, story.observed, story.commit(), story.handledRequest);
  }

  /** Ends the active build without a result. */
  private void stop(String reason) {
    attempts.stream()
        .filter(a -> !a.state().over() && !a.deleting() && !overtaken.protects(a))
        .forEach(draft::stop);
    story.cancelled(reason, now);
    draft.actions.add(new Action.Leave());
  }

  // ---- whether to build ----------------------------------------------------------------------

  /** Empty where the answer is a moment away. */
  private Optional<Situation> consider() {
    Optional<Wish> wish = wish();
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
    GitSource git = spec.git();
    if (git == null) {
      return Optional.of(decide(wish.get(), null));
    }
    return switch (seen.resolution()) {
      case Resolution.Unasked _ -> {
        draft.actions.add(new Action.Resolve());
        yield resolving(git, now);
      }
      case Resolution.Pending pending -> resolving(git, pending.since());
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

  private Optional<Situation> resolving(GitSource git, Instant since) {
    Duration left = FLEETING.minus(Duration.between(since, now));
    if (left.isPositive()) {
      draft.lookAgainIn(left);
      return Optional.empty();
    }
    return Optional.of(
        Situation.working(
            Phase.RESOLVING,
            Reasons.RESOLVING,
            "asking " + Texts.host(git.url()) + " for the commit of " + Texts.ref(git)));
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

  /** What is decided on: the spec, and the base images as they are known by now. */
  private Map<String, String> withBases() {
    if (spec.follow() == null || !spec.follow().baseImages()) {
      return inputs;
    }
    Map<String, String> known = Bases.known(story.observed, before.baseImages());
    Map<String, String> latest = Bases.seen(known, seen.bases(), Bases.since(story.build, now));
    return Bases.remember(inputs, latest, before.baseImages());
  }

  /** Kept stages are given up: there is a new build, or nobody wants to look any more. */
  private void release() {
    attempts.stream()
        .filter(attempt -> attempt.held() && !attempt.deleting())
        .forEach(attempt -> draft.actions.add(new Action.DeletePod(attempt.name())));
  }

  private Situation decide(Wish wish, @Nullable String commit) {
    release();
    if (story.build.active()) {
      story.overtaken();
    }
    story.begin(wish, commit, withBases(), now);
    String asked = seen.annotation(ImageBuild.REQUESTED_AT);
    story.handledRequest = asked == null ? story.handledRequest : asked;
    draft.actions.add(new Action.ForgetCommit());
    return active.start();
  }
}
