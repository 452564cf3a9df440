package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Runs programs one after the other and measures them together with the daemons that work for them.
 */
final class Meter {
  /** Often enough to see a peak, seldom enough not to cost one percent of a core. */
  private static final long EVERY_MILLIS = 25;

  private Meter() {}

  /**
   * What it took.
   *
   * @param seconds from the start of the first program to the end of the last
   * @param cpuSeconds of the programs, the daemons and all that they started
   * @param peakBytes the largest sum of resident memory seen at one moment
   * @param others the part of all processors that something else used meanwhile, 0 to 1
   */
  record Measured(double seconds, double cpuSeconds, long peakBytes, double others) {}

  /** Something to measure that is more than programs, such as a daemon that starts. */
  interface Work {
    void run(Starter starter) throws IOException, InterruptedException;
  }

  /** Runs a program to its end. */
  interface Starter {
    void run(Program program) throws IOException, InterruptedException;
  }

  /**
   * Measures.
   *
   * @param daemons ids of the processes that work for the programs, as they are now
   * @param log receives what the programs print
   */
  static Measured measure(Supplier<List<Long>> daemons, Path log, Work work)
      throws IOException, InterruptedException {
    List<Long> clients = new ArrayList<>();
    Sampler sampler = new Sampler(daemons, clients);
    double cpuBefore = ProcessTree.cpu(ProcessTree.of(daemons.get()));
    double[] ended = {0};
    double busyBefore = ProcessTree.busy();
    long began = System.nanoTime();
    Thread thread = Thread.ofPlatform().daemon().start(sampler);
    double seconds;
    double cpuAfter;
    try {
      work.run(program -> ended[0] += run(program, log, clients));
      seconds = (System.nanoTime() - began) / 1e9;
      cpuAfter = ProcessTree.cpu(ProcessTree.of(daemons.get()));
    } finally {
      thread.interrupt();
      thread.join();
    }
    double cpu = Math.max(0, cpuAfter - cpuBefore) + ended[0];
    double all = seconds * Runtime.getRuntime().availableProcessors();
    double others = Math.clamp((ProcessTree.busy() - busyBefore - cpu) / all, 0, 1);
    return new Measured(seconds, cpu, sampler.peak, others);
  }

  /** Runs one program; the processor time of it and of all that it waited for. */
  private static double run(Program program, Path log, List<Long> clients)
      throws IOException, InterruptedException {
    double before = ownChildren();
    Process process = program.start(log);
    synchronized (clients) {
      clients.add(process.pid());
    }
    int exit = process.waitFor();
    synchronized (clients) {
      clients.remove(process.pid());
    }
    if (exit != 0) {
      program.check(exit, java.nio.file.Files.readString(log));
    }
    return ownChildren() - before;
  }

  /** Processor time of the children that this process has waited for. */
  private static double ownChildren() {
    return ProcessTree.cpuOfEndedChildren(ProcessHandle.current().pid());
  }

  private static final class Sampler implements Runnable {
    private final Supplier<List<Long>> daemons;
    private final List<Long> clients;
    private volatile long peak;

    Sampler(Supplier<List<Long>> daemons, List<Long> clients) {
      this.daemons = daemons;
      this.clients = clients;
    }

    @Override
    public void run() {
      while (!Thread.currentThread().isInterrupted()) {
        List<Long> roots = new ArrayList<>(daemons.get());
        synchronized (clients) {
          roots.addAll(clients);
        }
        Set<Long> all = ProcessTree.of(roots);
        peak = Math.max(peak, ProcessTree.resident(all));
        try {
          Thread.sleep(EVERY_MILLIS);
        } catch (InterruptedException e) {
          return;
        }
      }
    }
  }
}
