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
import java.util.Comparator;
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
  private final List<HistoryEntry> history;
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
    history = new ArrayList<>(before.history());
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

  /**
   * The pod is made of the spec as it is now. What may differ from what was decided on makes for no
   * other image: a timeout, resources.
   */
  void refresh(Map<String, String> inputs) {
    Map<String, String> now = new TreeMap<>(inputs);
    observed.forEach((name, value) -> {
      if (Bases.isInput(name)) {
        now.put(name, value);
      }
    });
    observed = now;
    build = build.toBuilder().inputs(PodName.inputs(observed, commit())).build();
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
    take(result, repository);
    remember(result);
    observed = Bases.forget(observed);
    failure = null;
    end(Outcome.SUCCEEDED, null, result.digest(), pod.started(), pod.ended());
  }

  private void take(BuildResult result, String repository) {
    String digest = Objects.requireNonNull(result.digest());
    status
        .image(result.image() != null ? result.image() : repository + "@" + digest)
        .digest(digest)
        .shortDigest(Texts.shortened(digest.substring(digest.indexOf(':') + 1)))
        .tags(result.tags())
        .size(result.size())
        .platforms(result.platforms())
        .baseImages(result.baseImages());
  }

  // ---- builds that a newer one has overtaken ---------------------------------------------------

  /** The active build runs on, and a newer one begins. */
  void overtaken() {
    note(new HistoryEntry(number(), null, null, null, commit(), null, null));
  }

  /** Numbers of the builds that run beside the newest. */
  List<Long> beside() {
    return history.stream().filter(h -> h.outcome() == null).map(HistoryEntry::number).toList();
  }

  boolean runsBeside(long number) {
    return beside().contains(number);
  }

  /** One of them pushed its image; it is that of the status unless a newer build had one before. */
  void besideSucceeded(long number, PodState.Succeeded pod, String repository) {
    BuildResult result = pod.result();
    boolean overhauled =
        history.stream().anyMatch(h -> h.number() > number && h.outcome() == Outcome.SUCCEEDED);
    // Of what is further back than the history reaches, nobody knows whether it was overhauled.
    if (!overhauled && number() - number <= HISTORY) {
      take(result, repository);
    }
    String told = result.source() == null ? null : result.source().commit();
    besideEnded(number, Outcome.SUCCEEDED, null, result.digest(), told, pod.started(), pod.ended());
  }

  /** One of them ended. */
  void besideEnded(
      long number,
      Outcome outcome,
      @Nullable String reason,
      @Nullable String digest,
      @Nullable String toldCommit,
      @Nullable Instant started,
      Instant ended) {
    String commit =
        history.stream()
            .filter(h -> h.number() == number)
            .findFirst()
            .map(HistoryEntry::commit)
            .orElse(toldCommit);
    note(
        new HistoryEntry(
            number, outcome, reason, digest, commit, Texts.time(ended), lasted(started, ended)));
  }

  /** Newest first; what still runs is never forgotten. */
  private void note(HistoryEntry entry) {
    history.removeIf(h -> h.number().equals(entry.number()));
    history.add(entry);
    history.sort(Comparator.comparing(HistoryEntry::number).reversed());
    long tooMany = history.stream().filter(h -> h.outcome() != null).count() - HISTORY;
    for (int i = history.size() - 1; i >= 0 && tooMany > 0; i--) {
      if (history.get(i).outcome() != null) {
        history.remove(i);
        tooMany--;
      }
    }
  }

  private static @Nullable String lasted(@Nullable Instant started, Instant ended) {
    return started == null ? null : Durations.format(Duration.between(started, ended));
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
    String duration = lasted(started, ended);
    build =
        build.toBuilder()
            .outcome(outcome)
            .nextAttemptTime(null)
            .startTime(started == null ? null : Texts.time(started))
            .completionTime(Texts.time(ended))
            .duration(duration)
            .build();
    note(
        new HistoryEntry(number(), outcome, reason, digest, commit(), Texts.time(ended), duration));
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
        .history(history)
        .source(source)
        .failure(failure)
        .lastHandledRequestedAt(handledRequest)
        .build();
  }
}
