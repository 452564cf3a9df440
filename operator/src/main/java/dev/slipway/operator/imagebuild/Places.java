package dev.slipway.operator.imagebuild;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Phase;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.PodStates;
import dev.slipway.operator.queue.Admission;
import dev.slipway.operator.queue.BuildQueue;
import dev.slipway.operator.queue.Limits;
import dev.slipway.operator.queue.Ticket;
import io.fabric8.kubernetes.api.model.Pod;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The places that the builds of an ImageBuild have in the queue: one for each build, since several
 * may run beside each other. Thread-safe.
 */
final class Places {
  private final Limits limits;
  private final BuildQueue<Key> queue;
  private final Map<ResourceID, Set<Long>> held = new ConcurrentHashMap<>();

  /** One build. */
  private record Key(ResourceID id, long number) {}

  /**
   * @param wake called when an ImageBuild should ask again
   */
  Places(Limits limits, Consumer<ResourceID> wake) {
    this.limits = limits;
    queue = new BuildQueue<>(limits, key -> wake.accept(key.id()));
  }

  boolean limited() {
    return !limits.equals(Limits.NONE);
  }

  int waiting() {
    return queue.length();
  }

  int running() {
    return queue.running();
  }

  /** Asks for a place for the newest build of a status, or after it. */
  Admission ask(ImageBuild build, ImageBuildStatus status, Instant since) {
    BuildStatus newest = status.build();
    if (newest == null || newest.number() == null) {
      throw new IllegalStateException("a place is asked for no build: " + status);
    }
    return queue.ask(hold(build, newest.number(), since));
  }

  /**
   * Those whose pods are alive have their places, whether or not there is one for them; what has
   * ended gives it back.
   */
  void observe(ImageBuild build, List<Pod> pods, Instant now) {
    Set<Long> alive = alive(pods);
    alive.forEach(number -> queue.occupy(hold(build, number, now)));
    BuildStatus last = build.getStatus() == null ? null : build.getStatus().build();
    long known = last == null || last.number() == null ? 0 : last.number();
    // What has just been asked for is not in the status yet.
    leave(
        ResourceID.fromResource(build),
        number -> number <= known && !alive.contains(number) && !active(last, number));
  }

  /** After a plan was carried out: who has a place is alive, or goes on and does not leave. */
  void settle(Observation seen, Plan plan) {
    Set<Long> alive = alive(seen.pods());
    boolean leaves = plan.actions().stream().anyMatch(Plan.Action.Leave.class::isInstance);
    BuildStatus last = plan.status().build();
    leave(
        ResourceID.fromResource(seen.build()),
        number -> !alive.contains(number) && (leaves || !active(last, number)));
  }

  /** After a restart: those who run keep their places, and those who wait keep theirs. */
  void seed(ImageBuild build, List<Pod> pods, Instant now) {
    alive(pods).forEach(number -> queue.occupy(hold(build, number, now)));
    ImageBuildStatus status = build.getStatus();
    BuildStatus last = status == null ? null : status.build();
    if (status != null && status.phase() == Phase.QUEUED && last != null && last.number() != null) {
      queue.remember(hold(build, last.number(), Texts.queued(last, now)));
    }
  }

  void forget(ResourceID id) {
    leave(id, number -> true);
  }

  private static boolean active(@Nullable BuildStatus build, long number) {
    return build != null && build.active() && Long.valueOf(number).equals(build.number());
  }

  private static Set<Long> alive(List<Pod> pods) {
    return pods.stream()
        .filter(pod -> !PodStates.over(pod))
        .flatMap(pod -> BuildRecord.of(pod).stream())
        .map(BuildRecord::number)
        .collect(Collectors.toSet());
  }

  private Ticket<Key> hold(ImageBuild build, long number, Instant since) {
    ResourceID id = ResourceID.fromResource(build);
    held.compute(
        id,
        (_, numbers) -> {
          Set<Long> all = numbers == null ? new HashSet<>() : numbers;
          all.add(number);
          return all;
        });
    return new Ticket<>(
        new Key(id, number),
        build.getMetadata().getNamespace(),
        build.getSpec().git() == null ? "" : build.getSpec().git().url(),
        build.getSpec().priority(),
        since);
  }

  private void leave(ResourceID id, LongPredicate which) {
    List<Long> gone = new ArrayList<>();
    held.computeIfPresent(
        id,
        (_, numbers) -> {
          numbers.stream().filter(which::test).forEach(gone::add);
          numbers.removeAll(Set.copyOf(gone));
          return numbers.isEmpty() ? null : numbers;
        });
    gone.forEach(number -> queue.leave(new Key(id, number)));
  }
}
