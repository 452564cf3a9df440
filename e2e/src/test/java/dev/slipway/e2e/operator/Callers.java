package dev.slipway.e2e.operator;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Many who call an API server side by side. Thread-safe. */
final class Callers implements AutoCloseable {
  /** What one of them does, by its number from 0. */
  interface Call {
    void by(int number);
  }

  private static final int UNPACED = 8;
  private static final int PACED = 64;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Supplier<String> trouble;

  /**
   * Callers of an API server.
   *
   * @param trouble what to say of the world when a call fails
   */
  Callers(Supplier<String> trouble) {
    this.trouble = trouble;
  }

  /**
   * Calls at a rate, and returns when all calls are answered.
   *
   * @param perSecond 0 for as fast as the calls are answered
   */
  void paced(int count, double perSecond, Call call) throws InterruptedException {
    long start = System.nanoTime();
    parallel(
        count,
        perSecond == 0 ? UNPACED : PACED,
        i -> {
          if (perSecond > 0) {
            long due = start + (long) (i * TimeUnit.SECONDS.toNanos(1) / perSecond);
            LockSupport.parkNanos(due - System.nanoTime());
          }
          call.by(i);
        });
  }

  /** Calls with at most {@code width} at a time, and returns when all calls are answered. */
  void parallel(int count, int width, Call call) throws InterruptedException {
    Semaphore places = new Semaphore(width);
    Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
    for (int i = 0; i < count; i++) {
      int number = i;
      places.acquire();
      threads.execute(() -> {
        try {
          call.by(number);
        } catch (RuntimeException e) {
          failures.add(e);
        } finally {
          places.release();
        }
      });
    }
    places.acquire(width);
    if (!failures.isEmpty()) {
      throw new IllegalStateException(
          failures.size()
              + " of "
              + count
              + " calls failed, first "
              + failures.peek()
              + trouble.get(),
          failures.peek());
    }
  }

  /** Does it some time. */
  void later(Runnable work) {
    threads.execute(work);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
