package dev.slipway.operator.polling;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * When to look at what. However many want to know of a subject, it is looked at once an interval;
 * times are jittered, so that subjects that came together are not looked at together, and a subject
 * that does not answer is looked at less and less often.
 *
 * <p>Thread-safe. {@code look} is called on a virtual thread, never twice at once for one subject,
 * and must end in {@link #looked}.
 *
 * @param <S> what is looked at
 */
public final class SharedPolls<S> implements AutoCloseable {
  private static final Duration SLOWEST = Duration.ofHours(1);

  private final Clock clock;
  private final Consumer<S> look;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService timer;

  // Guarded by this.
  private final Map<S, Poll> polls = new HashMap<>();
  private boolean closed;

  private static final class Poll {
    private @Nullable ScheduledFuture<?> next;
    private Instant due = Instant.MAX;
    private int failures;
    private boolean running;

    /** Who came during a look wants another one, whatever became of the others meanwhile. */
    private @Nullable Duration late;
  }

  /**
   * @param name of the thread that keeps time
   */
  public SharedPolls(String name, Clock clock, Consumer<S> look) {
    this.clock = clock;
    this.look = look;
    timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name(name).factory());
  }

  /** The subject is looked at within the interval: earlier than planned if need be, never later. */
  public synchronized void want(S subject, Duration interval) {
    Poll poll = polls.computeIfAbsent(subject, s -> new Poll());
    if (poll.running && (poll.late == null || interval.compareTo(poll.late) < 0)) {
      poll.late = interval;
    }
    schedule(subject, poll, interval);
  }

  /**
   * A look has ended.
   *
   * @param answered whether it brought an answer
   * @param interval the shortest interval of those who still want to know; empty if nobody does
   */
  public synchronized void looked(S subject, boolean answered, Optional<Duration> interval) {
    Poll poll = polls.get(subject);
    if (poll == null) {
      return;
    }
    poll.running = false;
    poll.failures = answered ? 0 : poll.failures + 1;
    Optional<Duration> next = interval.or(() -> Optional.ofNullable(poll.late));
    poll.late = null;
    if (next.isEmpty()) {
      polls.remove(subject);
      return;
    }
    Duration slowed = next.get().multipliedBy(1L << Math.min(poll.failures, 4));
    Duration limit = next.get().compareTo(SLOWEST) > 0 ? next.get() : SLOWEST;
    schedule(subject, poll, slowed.compareTo(limit) > 0 ? limit : slowed);
  }

  private void schedule(S subject, Poll poll, Duration interval) {
    long millis =
        (long) (interval.toMillis() * (0.9 + 0.2 * ThreadLocalRandom.current().nextDouble()));
    Instant due = clock.instant().plusMillis(millis);
    if (closed || poll.running || !due.isBefore(poll.due)) {
      return;
    }
    if (poll.next != null) {
      poll.next.cancel(false);
    }
    poll.due = due;
    poll.next =
        timer.schedule(() -> threads.execute(() -> start(subject)), millis, TimeUnit.MILLISECONDS);
  }

  private void start(S subject) {
    synchronized (this) {
      Poll poll = polls.get(subject);
      if (closed || poll == null || poll.running) {
        return;
      }
      poll.running = true;
      poll.due = Instant.MAX;
    }
    look.accept(subject);
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      polls.clear();
    }
    timer.shutdownNow();
    threads.shutdownNow();
  }
}
