package dev.slipway.operator.imagebuild;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Failure;
import dev.slipway.api.HistoryEntry;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Outcome;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.PodState;
import dev.slipway.operator.source.Resolution;
import dev.slipway.operator.trace.FinishedSpan;
import dev.slipway.operator.trace.TraceIds;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The spans that a new status makes known: the look-up of the ref when a build is decided, all else
 * when it has ended. Read from pods and statuses, whose times are whole seconds, and so the same
 * whichever operator reads them.
 */
final class BuildSpans {
  private final Observation seen;
  private final ImageBuildStatus after;
  private final List<Attempt> attempts;
  private final String uid;
  private final List<FinishedSpan> spans = new ArrayList<>();

  private BuildSpans(Observation seen, ImageBuildStatus after) {
    this.seen = seen;
    this.after = after;
    attempts = Attempt.of(seen);
    uid = seen.build().getMetadata().getUid();
  }

  /** The spans of what is in the status after, and was not in the one before. */
  static List<FinishedSpan> of(Observation seen, ImageBuildStatus after) {
    BuildSpans all = new BuildSpans(seen, after);
    all.resolved();
    EndedBuild.between(seen.status(), after).forEach(all::ended);
    return List.copyOf(all.spans);
  }

  private void resolved() {
    Long last = number(seen.status());
    Long newest = number(after);
    if (newest != null
        && !newest.equals(last)
        && seen.resolution() instanceof Resolution.Resolved r
        && r.asked() != null
        && r.answered() != null) {
      TraceIds ids = new TraceIds(uid, newest);
      spans.add(
          span(ids, ids.resolve(), ids.build(), "resolve ref", r.asked(), r.answered(), null)
              .with("slipway.commit", r.commit()));
    }
  }

  private static @Nullable Long number(ImageBuildStatus status) {
    BuildStatus build = status.build();
    return build == null ? null : build.number();
  }

  private void ended(EndedBuild build) {
    HistoryEntry entry = build.entry();
    TraceIds ids = new TraceIds(uid, entry.number());
    List<Attempt> pods =
        attempts.stream().filter(a -> a.build().number() == entry.number()).toList().reversed();
    BuildStatus own = build.own().orElse(BuildStatus.EMPTY);
    Optional<BuildRecord> record = pods.stream().map(Attempt::build).findFirst();
    String decided = record.map(BuildRecord::queueTime).orElse(own.queueTime());
    if (decided == null || entry.completionTime() == null) {
      return; // nobody knows when it began
    }
    Instant end = Instant.parse(entry.completionTime());
    Instant queued = Instant.parse(decided);
    String created = seen.build().getMetadata().getCreationTimestamp();
    // A first build is what an apply asks for.
    Instant start = entry.number() == 1 && created != null ? Instant.parse(created) : queued;
    pods.forEach(pod -> attempt(ids, pod, queued, end));
    Failure failure = after.failure();
    spans.add(
        span(
                ids,
                ids.build(),
                null,
                "build " + seen.build().getMetadata().getName(),
                start.isBefore(queued) ? start : queued,
                end,
                entry.outcome() == Outcome.FAILED
                    ? own.number() != null && failure != null ? failure.message() : entry.reason()
                    : null)
            .with("slipway.outcome", word(Objects.requireNonNull(entry.outcome())))
            .with("slipway.reason", record.map(BuildRecord::reason).orElse(own.reason()))
            .with("slipway.trigger", record.map(BuildRecord::trigger).orElse(own.trigger()))
            .with("slipway.commit", entry.commit())
            .with("slipway.digest", entry.digest()));
  }

  private static String word(Outcome outcome) {
    return switch (outcome) {
      case SUCCEEDED -> "Succeeded";
      case FAILED -> "Failed";
      case CANCELLED -> "Cancelled";
    };
  }

  private void attempt(TraceIds ids, Attempt pod, Instant queued, Instant over) {
    int number = pod.build().attempt();
    String creation = pod.pod().getMetadata().getCreationTimestamp();
    Instant created = creation == null ? queued : Instant.parse(creation);
    if (number == 1) {
      spans.add(span(ids, ids.queued(), ids.build(), "queued", queued, created, null));
    }
    Instant started = null;
    Instant ended = over;
    String error = null;
    switch (pod.state()) {
      case PodState.Succeeded done -> {
        started = done.started();
        ended = done.ended();
      }
      case PodState.Failed failed -> {
        started = failed.started();
        ended = failed.ended();
        error = failed.failure().message();
      }
      case PodState.Running running -> started = running.since();
      case PodState.Starting _, PodState.Stopping _ -> {}
    }
    spans.add(
        span(ids, ids.attempt(number), ids.build(), "attempt " + number, created, ended, error)
            .with("k8s.pod.name", pod.name())
            .with("k8s.node.name", pod.pod().getSpec().getNodeName()));
    if (started != null) {
      spans.add(
          span(ids, ids.start(number), ids.attempt(number), "start pod", created, started, null));
    }
  }

  private FinishedSpan span(
      TraceIds ids,
      String id,
      @Nullable String parent,
      String name,
      Instant start,
      Instant end,
      @Nullable String error) {
    return new FinishedSpan(
        ids.trace(),
        id,
        parent,
        name,
        start,
        end,
        Map.of(
            "k8s.namespace.name", seen.build().getMetadata().getNamespace(),
            "slipway.imagebuild", seen.build().getMetadata().getName(),
            "slipway.build", Long.toString(ids.number())),
        error);
  }
}
