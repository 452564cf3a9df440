package dev.slipway.operator.source;

import dev.slipway.operator.polling.SharedPolls;
import dev.slipway.operator.source.GitQuery.Repository;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at refs again and again. One request answers all who follow a repository; times are
 * jittered, so that many repositories of one server are not asked at once.
 *
 * <p>Thread-safe.
 *
 * @param <K> who follows
 */
public final class RefWatcher<K> implements AutoCloseable {
  private final RepositoryReader repositories;
  private final Clock clock;
  private final Consumer<K> moved;
  private final SharedPolls<Repository> polls;

  // Guarded by this.
  private final Map<K, Watch> watches = new HashMap<>();
  private boolean closed;

  private record Watch(
      GitQuery query, Duration interval, @Nullable String known, Sighting sighting) {}

  /** What is seen of a ref. */
  public sealed interface Sighting {
    /** Nothing yet. */
    record Nothing() implements Sighting {}

    /** The ref was this commit when it was asked about. */
    record Seen(String commit, Instant asked) implements Sighting {}

    /** It cannot be looked at. */
    record Blind(String reason, String message) implements Sighting {}
  }

  /**
   * @param moved called, on a thread of the watcher, when a ref is not at the known commit, or when
   *     it can no longer be looked at
   */
  public RefWatcher(RepositoryReader repositories, Clock clock, Consumer<K> moved) {
    this.repositories = repositories;
    this.clock = clock;
    this.moved = moved;
    polls = new SharedPolls<>("git-poll", clock, this::look);
  }

  /**
   * Follows, or goes on following.
   *
   * @param known the commit that is known already
   */
  public synchronized void watch(
      K follower, GitQuery query, Duration interval, @Nullable String known) {
    if (closed || query.url().isEmpty() || query.pinned().isPresent()) {
      watches.remove(follower);
      return;
    }
    Watch before = watches.get(follower);
    if (before == null || !before.query().equals(query)) {
      before = new Watch(query, Duration.ZERO, known, new Sighting.Nothing());
    }
    watches.put(follower, new Watch(query, interval, known, before.sighting()));
    if (!before.interval().equals(interval)) {
      polls.want(query.repository(), interval);
    }
  }

  /** Follows no longer. */
  public synchronized void unwatch(K follower) {
    watches.remove(follower);
  }

  /** What was last seen. */
  public synchronized Sighting sighting(K follower, GitQuery query) {
    Watch watch = watches.get(follower);
    return watch != null && watch.query().equals(query) ? watch.sighting() : new Sighting.Nothing();
  }

  private void look(Repository repository) {
    boolean wanted;
    synchronized (this) {
      wanted = !followers(repository).isEmpty();
    }
    if (!wanted) {
      polls.looked(repository, true, Optional.empty());
      return;
    }
    repositories.read(
        repository, clock::instant, (asked, answer) -> seen(repository, asked, answer));
  }

  private void seen(Repository repository, Instant asked, RefsAnswer answer) {
    List<K> wake;
    Optional<Duration> shortest;
    synchronized (this) {
      List<K> followers = followers(repository);
      wake =
          followers.stream()
              .filter(follower -> {
                Watch watch = Objects.requireNonNull(watches.get(follower));
                Sighting now = sighting(watch, asked, answer);
                watches.put(
                    follower, new Watch(watch.query(), watch.interval(), watch.known(), now));
                return news(watch, now);
              })
              .toList();
      shortest =
          followers.stream()
              .map(follower -> Objects.requireNonNull(watches.get(follower)).interval())
              .min(Duration::compareTo);
    }
    polls.looked(repository, answer instanceof RefsAnswer.Refs, shortest);
    wake.forEach(moved);
  }

  private List<K> followers(Repository repository) {
    return watches.entrySet().stream()
        .filter(e -> e.getValue().query().repository().equals(repository))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static Sighting sighting(Watch watch, Instant asked, RefsAnswer answer) {
    return switch (answer) {
      case RefsAnswer.Refs refs ->
          refs.refs()
              .resolve(watch.query().ref())
              .<Sighting>map(commit -> new Sighting.Seen(commit, asked))
              .orElseGet(() ->
                  new Sighting.Blind(
                      dev.slipway.api.Reasons.GIT_REF_NOT_FOUND,
                      "the repository no longer has '" + watch.query().ref() + "'"));
      case RefsAnswer.NoAccess _ ->
          new Sighting.Blind(
              dev.slipway.api.Reasons.SECRET_ACCESS_DENIED,
              "the operator may not read the Secret "
                  + watch.query().secret()
                  + ", so it cannot follow this repository; grant its ServiceAccount get on that"
                  + " Secret with a Role (examples/private.yaml has one)");
      case RefsAnswer.Trouble t -> new Sighting.Blind(t.reason(), t.message());
    };
  }

  private static boolean news(Watch before, Sighting now) {
    return switch (now) {
      case Sighting.Nothing _ -> false;
      case Sighting.Seen seen ->
          !seen.commit().equals(before.known()) || before.sighting() instanceof Sighting.Blind;
      case Sighting.Blind blind -> !blind.equals(before.sighting());
    };
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      watches.clear();
    }
    polls.close();
  }
}
