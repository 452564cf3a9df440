package dev.slipway.builder.sandbox;

import dev.slipway.builder.linux.Child;
import dev.slipway.builder.linux.ChildScript;
import dev.slipway.builder.linux.Descriptor;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Poll;
import org.jspecify.annotations.Nullable;

/**
 * Starts one process and follows it to its end, on a platform thread of its own: the kernel kills
 * the process when that thread ends, and a thread that polls must not hold up virtual ones.
 */
final class Supervisor {
  private static final int SIGKILL = 9;

  /** Who knows the processes of steps, and what becomes of those that outlive their step. */
  interface Household {
    /** Starts the first process of a step. */
    Child begin(ChildScript script, long namespaces) throws LinuxException;

    /** That one has ended, and been reaped. When this returns, all that it started has too. */
    void ended(Child child);

    /** Of a PID namespace: the end of its first process is the end of all, before it is reaped. */
    static Household ofNamespace() {
      return new Household() {
        @Override
        public Child begin(ChildScript script, long namespaces) throws LinuxException {
          return script.start(namespaces);
        }

        @Override
        public void ended(Child child) {}
      };
    }
  }

  private final ChildScript script;
  private final long namespaces;
  private final @Nullable Streams streams;
  private final OutputListener listener;
  private final Household household;

  private @Nullable Child child;
  private boolean cancelled;
  private int status;
  private @Nullable Throwable failure;

  /**
   * @param streams the process's; null if it has the builder's own
   */
  Supervisor(
      ChildScript script,
      long namespaces,
      @Nullable Streams streams,
      OutputListener listener,
      Household household) {
    this.script = script;
    this.namespaces = namespaces;
    this.streams = streams;
    this.listener = listener;
    this.household = household;
  }

  /**
   * Runs the script to its end.
   *
   * @return how it ended, as wait(2) packs it
   * @throws LinuxException if it could not be started
   */
  int run() throws LinuxException, InterruptedException {
    Thread thread = Thread.ofPlatform().daemon().name("run").start(this::supervise);
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
        cancel();
      }
    }
    if (interrupted) {
      throw new InterruptedException("the step was cancelled");
    }
    return switch (failure) {
      case null -> status;
      case LinuxException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    };
  }

  private synchronized void cancel() {
    cancelled = true;
    if (child != null) {
      kill(child);
    }
  }

  private synchronized void started(Child started) {
    child = started;
    if (cancelled) {
      kill(started);
    }
  }

  private synchronized void ended() {
    child = null;
  }

  private static void kill(Child child) {
    try {
      child.signal(SIGKILL);
    } catch (LinuxException e) {
      if (e.errno() == Errno.ESRCH) {
        return; // it was quicker
      }
      throw new IllegalStateException("cannot kill a step", e);
    }
  }

  private void supervise() {
    try (Child process = household.begin(script, namespaces)) {
      started(process);
      boolean followed = false;
      try {
        follow(process);
        followed = true;
      } finally {
        if (!followed) {
          // The listener threw: the step must not go on unseen.
          kill(process);
        }
        ended();
        status = process.reap();
        household.ended(process);
      }
    } catch (Throwable e) {
      failure = e;
    }
  }

  private void follow(Child process) throws LinuxException {
    Descriptor end = process.descriptor();
    if (streams == null) {
      try (Poll poll = new Poll(end)) {
        poll.await();
      }
      return;
    }
    streams.started();
    Output output = new Output(streams.pipe(), listener);
    try (Poll poll = new Poll(end, streams.pipe().reader())) {
      while (!poll.ready(0)) {
        poll.await();
        if (poll.ready(1) && output.take() < 0) {
          poll.forget(1);
        }
      }
    }
    // What the process wrote before it ended, and no more: whoever else holds the pipe open, a
    // daemon in the chroot tier say, may write for ever.
    int left = streams.pipe().available();
    while (left > 0) {
      int taken = output.take();
      if (taken <= 0) {
        break;
      }
      left -= taken;
    }
    output.finish();
  }
}
