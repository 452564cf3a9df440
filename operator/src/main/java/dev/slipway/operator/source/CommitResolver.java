package dev.slipway.operator.source;

import dev.slipway.api.Reasons;
import dev.slipway.operator.source.GitQuery.Repository;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Resolves refs on threads of its own and says when an answer is there. One request answers all who
 * asked about the same repository before it went out. What fails is tried again, ever more slowly,
 * for as long as somebody waits for it.
 *
 * <p>Thread-safe.
 *
 * @param <K> who asks
 */
public final class CommitResolver<K> implements AutoCloseable {
  private static final Duration FIRST_RETRY = Duration.ofSeconds(2);
  private static final Duration LAST_RETRY = Duration.ofMinutes(2);

  private final RepositoryReader repositories;
  private final Clock clock;
  private final Consumer<K> answered;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("git-retry").factory());

  // Guarded by this.
  private final Map<K, Ask> asks = new HashMap<>();
  private final Map<Repository, Set<K>> waiting = new HashMap<>();
  private boolean closed;

  private record Ask(GitQuery query, Instant asked, Resolution answer, int failures) {
    Ask with(Resolution now, int failed) {
      return new Ask(query, asked, now, failed);
    }
  }

  /**
   * @param answered called, on a thread of the resolver, when {@link #state} has something new
   */
  public CommitResolver(RepositoryReader repositories, Clock clock, Consumer<K> answered) {
    this.repositories = repositories;
    this.clock = clock;
    this.answered = answered;
  }

  /** What is known; {@link Resolution.Unasked} if this asker has not asked exactly this. */
  public synchronized Resolution state(K asker, GitQuery query) {
    Optional<String> pinned = query.pinned();
    if (pinned.isPresent()) {
      return new Resolution.Resolved(pinned.get());
    }
    Ask ask = asks.get(asker);
    return ask != null && ask.query().equals(query) ? ask.answer() : new Resolution.Unasked();
  }

  /** Asks. The answer is that of a request that starts after this call. */
  public synchronized void ask(K asker, GitQuery query) {
    Ask before = asks.get(asker);
    if (closed || (before != null && before.query().equals(query))) {
      return;
    }
    asks.put(asker, new Ask(query, clock.instant(), new Resolution.Pending(clock.instant()), 0));
    enqueue(asker, query.repository());
  }

  /** The answer has been used, or nobody wants it any more. */
  public synchronized void forget(K asker) {
    asks.remove(asker);
  }

  private synchronized void enqueue(K asker, Repository repository) {
    Set<K> others = waiting.get(repository);
    if (others != null) {
      others.add(asker);
      return;
    }
    waiting.put(repository, new HashSet<>(Set.of(asker)));
    threads.execute(() -> request(repository));
  }

  private void request(Repository repository) {
    repositories.read(
        repository,
        () -> {
          synchronized (this) {
            // From here on the answer may be older than a question: who asks later gets a request
            // of its own.
            return Set.copyOf(Optional.ofNullable(waiting.remove(repository)).orElse(Set.of()));
          }
        },
        (askers, answer) -> answer(askers, repository, answer));
  }

  private void answer(Set<K> askers, Repository repository, RefsAnswer answer) {
    for (K asker : askers) {
      synchronized (this) {
        Ask ask = asks.get(asker);
        if (ask == null || !ask.query().repository().equals(repository)) {
          continue;
        }
        asks.put(asker, settle(asker, ask, answer));
      }
      answered.accept(asker);
    }
  }

  private Ask settle(K asker, Ask ask, RefsAnswer answer) {
    return switch (answer) {
      case RefsAnswer.NoAccess _ -> ask.with(new Resolution.LeftToBuilder(), 0);
      case RefsAnswer.Trouble e -> failed(asker, ask, e.reason(), e.message());
      case RefsAnswer.Refs refs -> {
        String ref = ask.query().ref();
        Optional<String> commit = refs.refs().resolve(ref);
        if (commit.isPresent()) {
          yield ask.with(new Resolution.Resolved(commit.get(), ask.asked(), clock.instant()), 0);
        }
        if (ask.query().abbreviated()) {
          // No server looks up part of an ID; the builder, which has the objects, can.
          yield ask.with(new Resolution.LeftToBuilder(), 0);
        }
        List<String> like = refs.refs().like(ref);
        yield failed(
            asker,
            ask,
            Reasons.GIT_REF_NOT_FOUND,
            (ref.isEmpty()
                    ? "the repository has no default branch; is it empty? Push a commit"
                    : "the repository has no branch, tag or ref '" + ref + "'")
                + (like.isEmpty() ? "" : "; it has " + String.join(", ", like))
                + (ref.isEmpty()
                    ? ""
                    : "; correct spec.source.git.ref or push it, and the build goes on by itself"));
      }
    };
  }

  private Ask failed(K asker, Ask ask, String reason, String message) {
    Instant since =
        ask.answer() instanceof Resolution.Failed f && f.reason().equals(reason)
            ? f.since()
            : clock.instant();
    int failures = ask.failures() + 1;
    long delay =
        Math.min(FIRST_RETRY.toMillis() << Math.min(failures - 1, 10), LAST_RETRY.toMillis());
    if (!closed) {
      var _ = timer.schedule(() -> retry(asker, ask.query()), jitter(delay), TimeUnit.MILLISECONDS);
    }
    return ask.with(new Resolution.Failed(reason, message, since), failures);
  }

  private synchronized void retry(K asker, GitQuery query) {
    Ask ask = asks.get(asker);
    if (!closed && ask != null && ask.query().equals(query)) {
      enqueue(asker, query.repository());
    }
  }

  /** Many that failed together must not come back together. */
  private static long jitter(long millis) {
    return (long)
        (millis * (0.8 + 0.4 * java.util.concurrent.ThreadLocalRandom.current().nextDouble()));
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      asks.clear();
    }
    timer.shutdownNow();
    threads.shutdownNow();
  }
}
