package dev.slipway.operator.base;

import dev.slipway.operator.polling.SharedPolls;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Looks at the base images of those who follow them. One request an interval answers all who follow
 * an image; of those for whom it has moved, a bounded number a minute is told.
 *
 * <p>Thread-safe.
 *
 * @param <K> who follows
 */
public final class BaseImageWatcher<K> implements AutoCloseable {
  private final BaseImageReader reader;
  private final Consumer<K> moved;
  private final SharedPolls<BaseQuery> polls;
  private final Pacer<K> pacer;

  // Guarded by this.
  private final Map<K, Watch> watches = new HashMap<>();
  private final Map<BaseQuery, Set<K>> followers = new HashMap<>();

  /**
   * What one follower looks at.
   *
   * @param known the image to the digest that the last build knew
   * @param shown what the follower may know by now
   * @param held what it may know once it is its turn
   */
  private record Watch(
      Map<BaseQuery, String> known,
      Duration interval,
      Map<BaseQuery, BaseSighting> shown,
      Map<BaseQuery, BaseSighting> held) {}

  /**
   * @param perMinute how many followers are told in a minute that a base image has moved; 0 is none
   * @param moved called, on a thread of the watcher, when {@link #sightings} has news
   */
  public BaseImageWatcher(BaseImageReader reader, int perMinute, Clock clock, Consumer<K> moved) {
    this.reader = reader;
    this.moved = moved;
    polls = new SharedPolls<>("base-image-poll", clock, this::look);
    pacer = new Pacer<>(perMinute, clock, this::show);
  }

  /**
   * Follows, or goes on following.
   *
   * @param known the images, and the digests that are known already
   */
  public void watch(K follower, Map<BaseQuery, String> known, Duration interval) {
    Map<BaseQuery, String> moving = new HashMap<>(known);
    moving.keySet().removeIf(query -> ImageName.moving(query.reference()).isEmpty());
    if (moving.isEmpty()) {
      unwatch(follower);
      return;
    }
    List<BaseQuery> fresh = new ArrayList<>();
    synchronized (this) {
      Watch before = watches.get(follower);
      if (before != null && before.known().equals(moving) && before.interval().equals(interval)) {
        return;
      }
      Map<BaseQuery, BaseSighting> shown = new HashMap<>();
      Map<BaseQuery, BaseSighting> held = new HashMap<>();
      if (before != null) {
        shown.putAll(before.shown());
        held.putAll(before.held());
        shown.keySet().retainAll(moving.keySet());
        held.keySet().retainAll(moving.keySet());
        leave(follower, before);
      }
      moving
          .keySet()
          .forEach(
              q -> followers.computeIfAbsent(q, any -> new java.util.HashSet<>()).add(follower));
      watches.put(follower, new Watch(Map.copyOf(moving), interval, shown, held));
      boolean faster = before == null || interval.compareTo(before.interval()) < 0;
      moving.keySet().stream()
          .filter(q -> faster || before == null || !before.known().containsKey(q))
          .forEach(fresh::add);
    }
    fresh.forEach(query -> polls.want(query, interval));
  }

  /** Follows no longer. */
  public synchronized void unwatch(K follower) {
    Watch before = watches.remove(follower);
    if (before != null) {
      leave(follower, before);
      pacer.remove(follower);
    }
  }

  private void leave(K follower, Watch watch) {
    for (BaseQuery query : watch.known().keySet()) {
      followers.computeIfPresent(
          query,
          (q, all) -> {
            all.remove(follower);
            return all.isEmpty() ? null : all;
          });
    }
  }

  /** What was last seen, by the reference of the image. */
  public synchronized Map<String, BaseSighting> sightings(K follower) {
    Watch watch = watches.get(follower);
    if (watch == null) {
      return Map.of();
    }
    Map<String, BaseSighting> byReference = new HashMap<>();
    watch.shown().forEach((query, sighting) -> byReference.put(query.reference(), sighting));
    return byReference;
  }

  private void look(BaseQuery query) {
    Optional<Duration> interval = shortest(query);
    if (interval.isEmpty()) {
      polls.looked(query, true, interval);
      return;
    }
    BaseSighting sighting = reader.read(query, interval.get().dividedBy(2));
    List<K> wake = new ArrayList<>();
    synchronized (this) {
      for (K follower : followers.getOrDefault(query, Set.of())) {
        Watch watch = watches.get(follower);
        if (watch != null && news(watch, query, sighting, follower)) {
          wake.add(follower);
        }
      }
    }
    polls.looked(query, sighting instanceof BaseSighting.Seen, shortest(query));
    wake.forEach(moved);
  }

  private synchronized Optional<Duration> shortest(BaseQuery query) {
    return followers.getOrDefault(query, Set.of()).stream()
        .flatMap(follower -> Optional.ofNullable(watches.get(follower)).stream())
        .map(Watch::interval)
        .min(Duration::compareTo);
  }

  /** Takes note; whether the follower should look at once. */
  private boolean news(Watch watch, BaseQuery query, BaseSighting sighting, K follower) {
    BaseSighting before = watch.shown().get(query);
    return switch (sighting) {
      case BaseSighting.Blind blind -> {
        watch.shown().put(query, blind);
        yield !blind.equals(before);
      }
      case BaseSighting.Seen seen -> {
        boolean same = seen.digest().equals(watch.known().get(query));
        boolean told =
            before instanceof BaseSighting.Seen old && old.digest().equals(seen.digest());
        if (same || told) {
          watch.held().remove(query);
          watch.shown().put(query, seen);
          yield told ? !same : before instanceof BaseSighting.Blind;
        }
        watch.held().put(query, seen);
        pacer.add(follower);
        yield false;
      }
    };
  }

  private void show(K follower) {
    synchronized (this) {
      Watch watch = watches.get(follower);
      if (watch == null || watch.held().isEmpty()) {
        return;
      }
      watch.shown().putAll(watch.held());
      watch.held().clear();
    }
    moved.accept(follower);
  }

  @Override
  public void close() {
    polls.close();
    pacer.close();
  }
}
