package dev.slipway.operator.imagebuild;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Durations;
import dev.slipway.api.Failure;
import dev.slipway.api.HistoryEntry;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Outcome;
import dev.slipway.api.Phase;
import dev.slipway.api.Reasons;
import dev.slipway.api.SourceStatus;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.BuildResult;
import dev.slipway.operator.pod.PodName;
import dev.slipway.operator.pod.PodState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The status while it is being written: what was built, what is being built, and how it ended. */
final class Chronicle {
  private static final int HISTORY = 10;

  private final ImageBuildStatus before;
  final ImageBuildStatus.Builder status;
  BuildStatus build;
  Map<String, String> observed;
  @Nullable SourceStatus source;
  @Nullable String handledRequest;
  @Nullable Failure failure;

  Chronicle(ImageBuildStatus before) {
    this.before = before;
    status = before.toBuilder().queuePosition(null);
    build = Objects.requireNonNullElse(before.build(), BuildStatus.EMPTY);
    observed = before.observedInputs();
    source = before.source();
    handledRequest = before.lastHandledRequestedAt();
    failure = before.failure();
  }

  long number() {
    return Objects.requireNonNullElse(build.number(), 0L);
  }

  int attempt() {
    return Objects.requireNonNullElse(build.attempt(), 1);
  }

  @Nullable String commit() {
    return source == null ? null : source.commit();
  }

  /** Takes over what a pod knows and the status does not: a status write was lost. */
  void adopt(BuildRecord record, String podName) {
    build =
        new BuildStatus.Builder()
            .number(record.number())
            .attempt(record.attempt())
            .inputs(PodName.inputs(record.inputs(), record.commit()))
            .reason(record.reason())
            .trigger(record.trigger())
            .queueTime(record.queueTime())
            .podName(podName)
            .build();
    observed = record.inputs();
    source = record.commit() == null ? null : Texts.commit(record.commit());
    handledRequest = record.requestedAt() == null ? handledRequest : record.requestedAt();
    failure = null;
  }

  /** A new build is decided. */
  void begin(Wish wish, @Nullable String commit, Map<String, String> inputs, Instant now) {
    build =
        new BuildStatus.Builder()
            .number(number() + 1)
            .attempt(1)
            .inputs(PodName.inputs(inputs, commit))
            .reason(wish.reason())
            .trigger(wish.trigger())
            .queueTime(Texts.time(now))
            .build();
    observed = inputs;
    source = commit == null ? null : Texts.commit(commit);
    failure = null;
  }

  /** The active build is tried again, not before a time. */
  void retry(Failure why, Instant notBefore) {
    build =
        build.toBuilder()
            .attempt(attempt() + 1)
            .podName(null)
            .nextAttemptTime(Texts.time(notBefore))
            .build();
    failure = why;
  }

  void succeeded(PodState.Succeeded pod, String repository) {
    BuildResult result = pod.result();
    String digest = Objects.requireNonNull(result.digest());
    status
        .image(result.image() != null ? result.image() : repository + "@" + digest)
        .digest(digest)
        .shortDigest(Texts.shortened(digest.substring(digest.indexOf(':') + 1)))
        .tags(result.tags())
        .size(result.size())
        .platforms(result.platforms())
        .baseImages(result.baseImages());
    remember(result);
    observed = Bases.forget(observed);
    failure = null;
    end(Outcome.SUCCEEDED, null, digest, pod.started(), pod.ended());
  }

  /** A failed build may have met other base images than the last good one. */
  void met(BuildResult result) {
    Map<String, String> known = new TreeMap<>(Bases.known(observed, before.baseImages()));
    result.baseImages().forEach(base -> known.put(base.ref(), base.digest()));
    observed = Bases.remember(observed, known, before.baseImages());
  }

  void failed(Failure why, @Nullable Instant started, Instant ended) {
    failure = why;
    end(Outcome.FAILED, why.reason(), null, started, ended);
  }

  void cancelled(String reason, Instant now) {
    failure = null;
    end(Outcome.CANCELLED, reason, null, null, now);
  }

  /** What the builder knows better: the commit, and how it went. */
  void remember(BuildResult result) {
    SourceStatus told = result.source();
    if (told != null && told.commit() != null) {
      source =
          new SourceStatus(
              told.commit(),
              Texts.shortened(told.commit()),
              told.author(),
              told.message(),
              told.time());
    }
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
            .startTime(started == null ? null : Texts.time(started))
            .completionTime(Texts.time(ended))
            .duration(duration)
            .build();
    List<HistoryEntry> history = new ArrayList<>();
    history.add(
        new HistoryEntry(number(), outcome, reason, digest, commit(), Texts.time(ended), duration));
    before.history().stream()
        .filter(h -> !h.number().equals(build.number()))
        .limit(HISTORY - 1)
        .forEach(history::add);
    status.history(history);
  }

  /** What there is to say of a build that has its pod. */
  Situation building() {
    return Situation.working(
        Phase.BUILDING,
        Reasons.BUILDING,
        "build " + number() + " runs in pod " + build.podName() + " (" + build.trigger() + ")");
  }

  /** What there is to say of a build that has ended. */
  Situation concluded() {
    return switch (Objects.requireNonNull(build.outcome())) {
      case SUCCEEDED ->
          Situation.ready(
              Reasons.SUCCEEDED,
              "pushed "
                  + status.build().image()
                  + Optional.ofNullable(source)
                      .map(SourceStatus::shortCommit)
                      .map(c -> " from commit " + c)
                      .orElse("")
                  + (build.duration() == null ? "" : " in " + build.duration()));
      case FAILED -> {
        Failure why =
            Objects.requireNonNullElse(
                failure, Texts.failure(Reasons.BUILDER_CRASHED, "the build failed"));
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

  ImageBuildStatus write() {
    return status
        .build(build.number() == null ? null : build)
        .observedInputs(observed)
        .source(source)
        .failure(failure)
        .lastHandledRequestedAt(handledRequest)
        .build();
  }
}
