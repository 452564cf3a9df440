package dev.slipway.builder.sandbox;

import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Mounts;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A mount namespace of the builder's own, kept by one thread that lives in it. What is mounted
 * there nobody else sees, and the kernel unmounts it when the thread ends, however that comes
 * about.
 *
 * <p>Descriptors that the thread opens work from every thread: only attaching, and copying a mount,
 * ask which namespace the caller is in.
 */
final class MountNamespace implements AutoCloseable {

  @FunctionalInterface
  interface Task<T> {
    T run() throws LinuxException;
  }

  @FunctionalInterface
  interface Action {
    void run() throws LinuxException;
  }

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("mount-namespace").factory());

  static MountNamespace open() throws LinuxException {
    MountNamespace namespace = new MountNamespace();
    boolean opened = false;
    try {
      namespace.run(() -> {
        Mounts.unshareNamespace();
        // Slave: nothing of ours reaches the machine, while what it mounts and unmounts later
        // is seen here too.
        Mounts.mount("none", "/", null, Mounts.MS_REC | Mounts.MS_SLAVE, null);
      });
      opened = true;
      return namespace;
    } finally {
      if (!opened) {
        namespace.close();
      }
    }
  }

  void run(Action action) throws LinuxException {
    call(() -> {
      action.run();
      return true;
    });
  }

  /** Runs in the namespace and waits: mounts are quick, and half a mount helps nobody. */
  <T> T call(Task<T> task) throws LinuxException {
    Future<T> future = thread.submit(task::run);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw unwrapped(e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static LinuxException unwrapped(ExecutionException e) {
    return switch (e.getCause()) {
      case LinuxException cause -> cause;
      case RuntimeException cause -> throw cause;
      case Error cause -> throw cause;
      case null, default -> throw new IllegalStateException(e);
    };
  }

  @Override
  public void close() {
    thread.shutdown();
  }
}
