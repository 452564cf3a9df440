package dev.slipway.operator.base;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Lets one after the other go, evenly spread: a thousand images on one base must not build at once
 * because that base has moved. Thread-safe.
 */
final class Pacer<K> implements AutoCloseable {
  private final Duration gap;
  private final boolean paused;
  private final Clock clock;
  private final Consumer<K> go;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("base-images").factory());

  // Guarded by this.
  private final LinkedHashSet<K> waiting = new LinkedHashSet<>();
  private Instant next = Instant.MIN;
  private boolean scheduled;
  private boolean closed;

  /**
   * @param perMinute how many may go in a minute; 0 for none
   * @param go called for each, on a thread of the pacer
   */
  Pacer(int perMinute, Clock clock, Consumer<K> go) {
    paused = perMinute == 0;
    gap = paused ? Duration.ZERO : Duration.ofMinutes(1).dividedBy(perMinute);
    this.clock = clock;
    this.go = go;
  }

  /** Waits for its turn, from behind; who waits already keeps its place. */
  synchronized void add(K who) {
    waiting.add(who);
    schedule();
  }

  synchronized void remove(K who) {
    waiting.remove(who);
  }

  private void schedule() {
    if (scheduled || closed || paused || waiting.isEmpty()) {
      return;
    }
    scheduled = true;
    Instant now = clock.instant();
    long wait = next.isAfter(now) ? Duration.between(now, next).toMillis() : 0;
    var _ = timer.schedule(this::release, wait, TimeUnit.MILLISECONDS);
  }

  private void release() {
    K who;
    synchronized (this) {
      scheduled = false;
      Iterator<K> first = waiting.iterator();
      if (closed || !first.hasNext()) {
        return;
      }
      who = first.next();
      first.remove();
      next = clock.instant().plus(gap);
      schedule();
    }
    go.accept(who);
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      waiting.clear();
    }
    timer.shutdownNow();
  }
}
