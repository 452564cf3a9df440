package dev.slipway.operator.imagebuild;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Durations;
import dev.slipway.api.Failure;
import dev.slipway.api.HistoryEntry;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildSpec;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Outcome;
import dev.slipway.api.Phase;
import dev.slipway.api.Reasons;
import dev.slipway.api.SourceStatus;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.imagebuild.Plan.Draft;
import dev.slipway.operator.imagebuild.Plan.Notice;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.BuildResult;
import dev.slipway.operator.pod.BuilderPod;
import dev.slipway.operator.pod.PodName;
import dev.slipway.operator.pod.PodState;
import dev.slipway.operator.pod.PodState.Trouble;
import dev.slipway.operator.queue.Admission;
import dev.slipway.operator.source.Resolution;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One decision: from one observation to one plan. Used once. */
final class Decision {
  /** So long a state that passes by itself is not worth a write. */
  private static final Duration FLEETING = Duration.ofSeconds(1);

  private static final int HISTORY = 10;

  private final Observation seen;
  private final Policy policy;
  private final ImageBuild object;
  private final ImageBuildSpec spec;
  private final ImageBuildStatus before;
  private final Instant now;
  private final Map<String, String> inputs;
  private final List<Attempt> attempts;

  private final Draft draft = new Draft();
  private final ImageBuildStatus.Builder status;
  private BuildStatus build;
  private Map<String, String> observed;
  private @Nullable SourceStatus source;
  private @Nullable String handledRequest;
  private @Nullable Failure failure;

  Decision(Observation seen, Policy policy) {
    this.seen = seen;
    this.policy = policy;
    object = seen.build();
    spec = object.getSpec();
    before = seen.status();
    now = seen.now();
    inputs = Inputs.of(spec);
    attempts = Attempt.of(seen);
    status = before.toBuilder();
    build = Objects.requireNonNullElse(before.build(), BuildStatus.EMPTY);
    observed = before.observedInputs();
    source = before.source();
    handledRequest = before.lastHandledRequestedAt();
    failure = before.failure();
  }

  Plan make() {
    if (object.getMetadata().getDeletionTimestamp() != null) {
      draft.actions.add(new Action.ForgetCommit());
      draft.actions.add(new Action.Leave());
      return draft.with(before);
    }
    adopt();
    cancelIfAsked();
    supersedeIfChanged();
    Optional<Situation> situation = build.active() ? advance() : Optional.empty();
    if (!build.active()) {
      situation = consider();
      if (situation.isEmpty()) {
        // All of this will be decided again in a moment, so nothing is lost by not writing it.
        return draft.with(before);
      }
    }
    prune();
    situation.ifPresent(s -> s.describe(status, before, seen.generation(), now));
    situation.ifPresent(this::tell);
    return draft.with(
        status
            .build(build.number() == null ? null : build)
            .observedInputs(observed)
            .source(source)
            .failure(failure)
            .lastHandledRequestedAt(handledRequest)
            .build());
  }

  // ---- what is going on ----------------------------------------------------------------------

  /** A pod that is newer than the status means that a status write was lost: the pod knows. */
  private void adopt() {
    if (attempts.isEmpty()) {
      return;
    }
    BuildRecord newest = attempts.getFirst().build();
    long number = build.number() == null ? 0 : build.number();
    int attempt = build.attempt() == null ? 0 : build.attempt();
    boolean unknown = newest.number() > number;
    boolean furtherAttempt =
        newest.number() == number && newest.attempt() > attempt && build.outcome() == null;
    if (!unknown && !furtherAttempt) {
      return;
    }
    build =
        new BuildStatus.Builder()
            .number(newest.number())
            .attempt(newest.attempt())
            .inputs(PodName.inputs(newest.inputs(), newest.commit()))
            .reason(newest.reason())
            .trigger(newest.trigger())
            .queueTime(newest.queueTime())
            .podName(attempts.getFirst().name())
            .build();
    observed = newest.inputs();
    source = newest.commit() == null ? null : commit(newest.commit());
    handledRequest = newest.requestedAt() == null ? handledRequest : newest.requestedAt();
    failure = null;
  }

  private void cancelIfAsked() {
    String asked = seen.annotation(ImageBuild.CANCEL_REQUESTED_AT);
    if (asked == null || asked.equals(before.lastHandledCancelRequestedAt())) {
      return;
    }
    status.lastHandledCancelRequestedAt(asked);
    if (build.active()) {
      stop(Reasons.CANCELLED);
    }
  }

  private void supersedeIfChanged() {
    if (build.active() && !Inputs.changed(observed, inputs).isEmpty()) {
      stop(Reasons.SUPERSEDED);
    }
  }

  /** Ends the active build without a result. */
  private void stop(String reason) {
    attempts.stream()
        .filter(a -> !a.state().over() && !a.deleting())
        .forEach(a -> draft.actions.add(new Action.DeletePod(a.name())));
    end(Outcome.CANCELLED, reason, null, null, now);
    failure = null;
  }

  /** Takes the active build one step further; empty where the status has nothing new to say. */
  private Optional<Situation> advance() {
    Optional<Attempt> current =
        attempts.stream().filter(a -> a.is(number(), attempt())).findFirst();
    if (current.isEmpty()) {
      return build.podName() == null
          ? start()
          : failed(deleted(), true, Optional.empty(), null, now);
    }
    build = build.toBuilder().podName(current.get().name()).build();
    return switch (current.get().state()) {
      case PodState.Starting starting -> Optional.of(starting(starting, current.get()));
      case PodState.Running _ -> Optional.of(building());
      case PodState.Stopping stopping ->
          Optional.of(
              stopping.nodeLost()
                  ? Situation.working(
                      Phase.BUILDING,
                      Reasons.NODE_LOST,
                      "the node of builder pod "
                          + current.get().name()
                          + " does not answer; the build is tried again once the pod is gone")
                  : Situation.working(
                      Phase.BUILDING,
                      Reasons.STOPPING,
                      "builder pod " + current.get().name() + " is being deleted"));
      case PodState.Succeeded done -> succeeded(done);
      case PodState.Failed f ->
          failed(f.failure(), f.retryable(), f.result(), f.started(), f.ended());
    };
  }

  private Situation building() {
    return Situation.working(
        Phase.BUILDING,
        Reasons.BUILDING,
        "build " + number() + " runs in pod " + build.podName() + " (" + build.trigger() + ")");
  }

  private Situation starting(PodState.Starting pod, Attempt attempt) {
    Duration waited = Duration.between(pod.since(), now);
    if (pod.trouble().isEmpty()) {
      // Mounts and pulls report their trouble through events, which nothing wakes us for.
      draft.lookAgainIn(
          waited.toSeconds() < 2
              ? Duration.ofSeconds(2).minus(waited)
              : Duration.ofSeconds(Math.clamp(waited.toSeconds() / 4, 2, 30)));
      return building();
    }
    Trouble trouble = pod.trouble().get();
    return waiting(
        trouble,
        pod.since(),
        () -> draft.actions.add(new Action.DeletePod(attempt.name())),
        Duration.ofSeconds(Math.clamp(waited.toSeconds() / 4, 2, 30)));
  }

  /** Something is missing: say so, look again, and give up at the deadline. */
  private Situation waiting(Trouble trouble, Instant since, Runnable giveUp, Duration again) {
    Duration left = policy.waitDeadline().minus(Duration.between(since, now));
    if (!left.isPositive()) {
      giveUp.run();
      failure =
          plain(
              trouble.reason(),
              trouble.message()
                  + " (waited "
                  + Durations.format(policy.waitDeadline())
                  + "; ask for another build once it is put right)");
      end(Outcome.FAILED, trouble.reason(), null, null, now);
      return concluded();
    }
    draft.lookAgainIn(left.compareTo(again) < 0 ? left : again);
    return Situation.working(Phase.PENDING, trouble.reason(), trouble.message());
  }

  // ---- how it ends ---------------------------------------------------------------------------

  private Optional<Situation> succeeded(PodState.Succeeded pod) {
    BuildResult result = pod.result();
    String digest = Objects.requireNonNull(result.digest());
    String image = result.image() != null ? result.image() : spec.output().image() + "@" + digest;
    status
        .image(image)
        .digest(digest)
        .shortDigest(shortened(digest.substring(digest.indexOf(':') + 1)))
        .tags(result.tags())
        .size(result.size())
        .platforms(result.platforms())
        .baseImages(result.baseImages());
    source = told(result).or(() -> Optional.ofNullable(source)).orElse(null);
    failure = null;
    remember(result);
    end(Outcome.SUCCEEDED, null, digest, pod.started(), pod.ended());
    return Optional.of(concluded());
  }

  private Optional<Situation> failed(
      Failure why,
      boolean retryable,
      Optional<BuildResult> result,
      @Nullable Instant started,
      Instant ended) {
    result.flatMap(Decision::told).ifPresent(s -> source = s);
    int failures = attempt();
    if (retryable && failures <= spec.retries()) {
      Duration delay = policy.retryDelay(failures);
      build =
          build.toBuilder()
              .attempt(failures + 1)
              .podName(null)
              .nextAttemptTime(text(ended.plus(delay)))
              .build();
      failure = why;
      draft.notices.add(
          new Notice(
              true,
              why.reason(),
              "attempt " + failures + " of build " + number() + " failed: " + why.message()));
      return start();
    }
    failure =
        failures > 1 && retryable
            ? new Failure(
                why.reason(),
                why.message() + " (tried " + failures + " times)",
                why.stage(),
                why.instruction(),
                why.file(),
                why.line(),
                why.exitCode(),
                why.logTail())
            : why;
    result.ifPresent(this::remember);
    end(Outcome.FAILED, why.reason(), null, started, ended);
    return Optional.of(concluded());
  }

  private void remember(BuildResult result) {
    build =
        build.toBuilder()
            .cache(result.cache())
            .stages(result.stages())
            .sandbox(result.sandbox())
            .build();
  }

  /** Closes the active build and notes it in the history. */
  private void end(
      Outcome outcome,
      @Nullable String reason,
      @Nullable String digest,
      @Nullable Instant started,
      Instant ended) {
    String duration = started == null ? null : Durations.format(Duration.between(started, ended));
    build =
        build.toBuilder()
            .outcome(outcome)
            .nextAttemptTime(null)
            .startTime(started == null ? null : text(started))
            .completionTime(text(ended))
            .duration(duration)
            .build();
    List<HistoryEntry> history = new ArrayList<>();
    history.add(
        new HistoryEntry(
            number(),
            outcome,
            reason,
            digest,
            source == null ? null : source.commit(),
            text(ended),
            duration));
    before.history().stream()
        .filter(h -> !h.number().equals(build.number()))
        .limit(HISTORY - 1)
        .forEach(history::add);
    status.history(history);
    draft.actions.add(new Action.Leave());
  }

  /** What the status says of a build that has ended. */
  private Situation concluded() {
    return switch (Objects.requireNonNull(build.outcome())) {
      case SUCCEEDED -> {
        ImageBuildStatus soFar = status.build();
        String commit =
            source == null || source.shortCommit() == null
                ? ""
                : " from commit " + source.shortCommit();
        yield Situation.ready(
            Reasons.SUCCEEDED,
            "pushed "
                + soFar.image()
                + commit
                + (build.duration() == null ? "" : " in " + build.duration()));
      }
      case FAILED -> {
        Failure why =
            Objects.requireNonNullElse(failure, plain(Reasons.BUILDER_CRASHED, "the build failed"));
        yield Situation.stalled(Phase.FAILED, why.reason(), why.message());
      }
      case CANCELLED ->
          Situation.stalled(
              Phase.CANCELLED,
              Reasons.CANCELLED,
              "build "
                  + number()
                  + " was cancelled; change the spec or ask for a build to start another");
    };
  }

  // ---- whether to build ----------------------------------------------------------------------

  private record Wish(String reason, String trigger, boolean refOnly) {}

  /** Empty where the answer is a moment away. */
  private Optional<Situation> consider() {
    Optional<Wish> wish = wish();
    if (wish.isEmpty()) {
      draft.actions.add(new Action.ForgetCommit());
      return Optional.of(concluded());
    }
    if (spec.suspend()) {
      draft.actions.add(new Action.ForgetCommit());
      return Optional.of(
          Situation.held(
              Phase.SUSPENDED,
              Reasons.SUSPENDED,
              "spec.suspend holds back a build (" + wish.get().trigger() + ")"));
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
            && build.outcome() == Outcome.SUCCEEDED
            && source != null
            && r.commit().equals(source.commit())) {
          observed = inputs;
          draft.actions.add(new Action.ForgetCommit());
          yield Optional.of(concluded());
        }
        yield Optional.of(decide(wish.get(), r.commit()));
      }
    };
  }

  private Optional<Wish> wish() {
    String asked = seen.annotation(ImageBuild.REQUESTED_AT);
    boolean requested = asked != null && !asked.equals(handledRequest);
    if (build.number() == null) {
      return Optional.of(new Wish(Reasons.SPEC_CHANGED, "first build", false));
    }
    Set<String> changed = Inputs.changed(observed, inputs);
    if (!changed.isEmpty()) {
      return Optional.of(
          new Wish(
              Reasons.SPEC_CHANGED,
              Inputs.describe(changed, observed, inputs),
              changed.equals(Set.of("source.git.ref")) && !requested));
    }
    if (requested) {
      return Optional.of(new Wish(Reasons.REQUESTED, "asked for at " + asked, false));
    }
    Set<String> circumstances = Inputs.circumstances(observed, inputs);
    if (build.outcome() == Outcome.FAILED && !circumstances.isEmpty()) {
      return Optional.of(
          new Wish(
              Reasons.SPEC_CHANGED,
              "after a failure, " + Inputs.describe(circumstances, observed, inputs),
              false));
    }
    return Optional.empty();
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
            "asking " + host(spec.source().git().url()) + " for " + shownRef()));
  }

  private Situation unresolved(Resolution.Failed f) {
    failure = plain(f.reason(), f.message());
    boolean passes =
        f.reason().equals(Reasons.GIT_UNREACHABLE)
            && Duration.between(f.since(), now).compareTo(policy.waitDeadline()) < 0;
    return passes
        ? Situation.working(Phase.PENDING, f.reason(), f.message())
        : Situation.stalled(Phase.FAILED, f.reason(), f.message());
  }

  private Situation decide(Wish wish, @Nullable String commit) {
    build =
        new BuildStatus.Builder()
            .number(build.number() == null ? 1 : number() + 1)
            .attempt(1)
            .inputs(PodName.inputs(inputs, commit))
            .reason(wish.reason())
            .trigger(wish.trigger())
            .queueTime(text(now))
            .build();
    observed = inputs;
    source = commit == null ? null : commit(commit);
    failure = null;
    String asked = seen.annotation(ImageBuild.REQUESTED_AT);
    handledRequest = asked == null ? handledRequest : asked;
    draft.actions.add(new Action.ForgetCommit());
    return start().orElseGet(this::building);
  }

  // ---- how it starts -------------------------------------------------------------------------

  private Optional<Situation> start() {
    if (spec.suspend()) {
      draft.actions.add(new Action.Leave());
      return Optional.of(
          Situation.held(
              Phase.SUSPENDED, Reasons.SUSPENDED, "spec.suspend holds back build " + number()));
    }
    List<Attempt> alive =
        attempts.stream().filter(a -> !a.state().over() && !a.is(number(), attempt())).toList();
    if (!alive.isEmpty()) {
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
    Optional<Instant> notBefore = Optional.ofNullable(build.nextAttemptTime()).map(Instant::parse);
    if (notBefore.isPresent() && notBefore.get().isAfter(now)) {
      Duration left = Duration.between(now, notBefore.get());
      draft.lookAgainIn(left);
      return Optional.of(
          Situation.working(
              Phase.BUILDING,
              Reasons.RETRYING,
              "attempt "
                  + attempt()
                  + " of at most "
                  + (spec.retries() + 1)
                  + " starts at "
                  + build.nextAttemptTime()
                  + (failure == null ? "" : "; the last one failed: " + failure.message())));
    }
    if (seen.creation().isPresent()) {
      // A build that cannot start must not keep others from starting.
      draft.actions.add(new Action.Leave());
      Instant since = Instant.parse(Objects.requireNonNull(build.queueTime()));
      return Optional.of(
          waiting(
              seen.creation().get(),
              since,
              () -> {},
              Duration.ofSeconds(Math.clamp(Duration.between(since, now).toSeconds() / 4, 2, 30))));
    }
    return switch (seen.admission()) {
      case Admission.Unasked _ -> {
        draft.actions.add(new Action.Enqueue(number()));
        yield Optional.of(Situation.working(Phase.QUEUED, Reasons.QUEUED, "waits for its turn"));
      }
      case Admission.Waiting waiting ->
          Optional.of(Situation.working(Phase.QUEUED, Reasons.QUEUED, waiting.message()));
      case Admission.Granted _ -> {
        Pod pod = BuilderPod.of(object, record(), policy.pod());
        draft.actions.add(new Action.CreatePod(pod));
        build = build.toBuilder().podName(pod.getMetadata().getName()).build();
        draft.lookAgainIn(Duration.ofSeconds(2));
        yield Optional.of(building());
      }
    };
  }

  private BuildRecord record() {
    return new BuildRecord(
        number(),
        attempt(),
        Objects.requireNonNullElse(build.reason(), Reasons.SPEC_CHANGED),
        Objects.requireNonNullElse(build.trigger(), ""),
        source == null ? null : source.commit(),
        handledRequest,
        Objects.requireNonNullElse(build.queueTime(), text(now)),
        seen.generation(),
        observed);
  }

  // ---- what is left over ---------------------------------------------------------------------

  /** Pods that ended are kept for their logs, a few of them. */
  private void prune() {
    Long known = before.build() == null ? null : before.build().number();
    if (known == null) {
      return;
    }
    attempts.stream()
        // Only what a status that was written already knows may go.
        .filter(a -> a.state().over() && !a.deleting() && a.build().number() <= known)
        .filter(a -> !a.is(number(), attempt()))
        .skip(Math.max(0, policy.keptPods() - 1))
        .forEach(a -> draft.actions.add(new Action.DeletePod(a.name())));
  }

  /** An event for each end, and for each new reason to worry. */
  private void tell(Situation situation) {
    boolean same =
        situation.reason().equals(before.reason())
            && Objects.equals(before.observedGeneration(), seen.generation())
            && before.build() != null
            && Objects.equals(before.build().number(), build.number());
    if (same) {
      return;
    }
    boolean worry =
        switch (situation.phase()) {
          case PENDING, FAILED -> true;
          case SUCCEEDED, CANCELLED -> false;
          case BUILDING -> situation.reason().equals(Reasons.NODE_LOST);
          case RESOLVING, QUEUED, SUSPENDED -> false;
        };
    boolean ended =
        build.outcome() != null
            && !(before.build() != null
                && before.build().outcome() != null
                && Objects.equals(before.build().number(), build.number()));
    if (worry || ended) {
      draft.notices.add(new Notice(worry, situation.reason(), situation.message()));
    }
  }

  // ---- words ---------------------------------------------------------------------------------

  private long number() {
    return Objects.requireNonNullElse(build.number(), 0L);
  }

  private int attempt() {
    return Objects.requireNonNullElse(build.attempt(), 1);
  }

  private String shownRef() {
    String ref = spec.source().git().ref();
    return ref == null || ref.isEmpty() ? "its default branch" : "the commit of " + ref;
  }

  private static String host(String url) {
    return url.replaceFirst("^[a-z]+://", "")
        .replaceFirst("^[^/@]*@", "")
        .replaceFirst("[:/].*", "");
  }

  private Failure deleted() {
    return plain(
        Reasons.POD_DELETED,
        "builder pod " + build.podName() + " was deleted while it was building");
  }

  private static Failure plain(String reason, String message) {
    return new Failure(reason, message, null, null, null, null, null, List.of());
  }

  private static SourceStatus commit(String sha) {
    return new SourceStatus(sha, shortened(sha), null, null, null);
  }

  private static Optional<SourceStatus> told(BuildResult result) {
    SourceStatus source = result.source();
    if (source == null || source.commit() == null) {
      return Optional.empty();
    }
    return Optional.of(
        new SourceStatus(
            source.commit(),
            shortened(source.commit()),
            source.author(),
            source.message(),
            source.time()));
  }

  private static String shortened(String hex) {
    return hex.substring(0, Math.min(12, hex.length()));
  }

  private static String text(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
