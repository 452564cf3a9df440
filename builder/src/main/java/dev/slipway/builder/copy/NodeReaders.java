package dev.slipway.builder.copy;

import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Reads the files of one instruction on all cores, while the thread that walks goes on. That thread
 * reads as well when enough is waiting, which bounds what is open and in memory.
 */
final class NodeReaders implements AutoCloseable {
  /** Beside the thread that walks. */
  private static final int HELPERS = Math.min(8, Runtime.getRuntime().availableProcessors()) - 1;

  /** For each helper: as many as keep it busy while the walking thread reads one. */
  private static final int WAITING = 3;

  private final AtomicInteger room = new AtomicInteger(NodeReader.ROOM);
  private final Queue<NodeReader> idle = new ConcurrentLinkedQueue<>();
  private final BlockingQueue<Runnable> waiting =
      new ArrayBlockingQueue<>(Math.max(1, WAITING * HELPERS));
  private final ThreadPoolExecutor helpers =
      new ThreadPoolExecutor(
          Math.max(1, HELPERS),
          Math.max(1, HELPERS),
          0,
          TimeUnit.SECONDS,
          waiting,
          Thread.ofPlatform().daemon().name("slipway-read-", 0).factory(),
          new ThreadPoolExecutor.CallerRunsPolicy());

  /** Reads a batch, perhaps later and on another thread. */
  void start(Batch batch) {
    if (HELPERS == 0) {
      read(batch);
    } else {
      helpers.execute(() -> read(batch));
    }
  }

  /** Reads a batch that is not worth another thread, and all that waits. */
  void finish(Batch batch) {
    read(batch);
    for (Runnable next; (next = waiting.poll()) != null; ) {
      next.run();
    }
  }

  private void read(Batch batch) {
    NodeReader reader = borrow();
    batch.read(reader);
    idle.add(reader);
  }

  /** Reads one regular file; null where it is gone. */
  @Nullable Node one(NodeReader.Place place, String name, String shown) throws IOException {
    NodeReader reader = borrow();
    try {
      return reader.find(place, name, shown);
    } finally {
      idle.add(reader);
    }
  }

  private NodeReader borrow() {
    NodeReader free = idle.poll();
    return free == null ? new NodeReader(room) : free;
  }

  /** Ends the helpers, which read what waits. */
  @Override
  public void close() {
    helpers.close();
  }
}
