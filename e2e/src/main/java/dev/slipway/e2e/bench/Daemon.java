package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A daemon that a benchmark starts and stops. */
final class Daemon {
  private static final int SECONDS = 60;

  private final Program program;
  private final Program probe;
  private final Path log;
  private @Nullable Process process;

  /**
   * @param probe succeeds once the daemon answers
   */
  Daemon(Program program, Program probe, Path log) {
    this.program = program;
    this.probe = probe;
    this.log = log;
  }

  void start() throws IOException, InterruptedException {
    if (process != null && process.isAlive()) {
      return;
    }
    Process started = program.start(log);
    process = started;
    Path quiet = Path.of("/dev/null");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (probe.start(quiet).waitFor() != 0) {
      if (!started.isAlive() || System.nanoTime() > end) {
        throw new IOException(program + " does not answer; see " + log);
      }
      Thread.sleep(10);
    }
  }

  List<Long> pids() {
    Process running = process;
    return running != null && running.isAlive() ? List.of(running.pid()) : List.of();
  }

  void stop() throws InterruptedException {
    if (process == null) {
      return;
    }
    process.destroy();
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      process.waitFor();
    }
    process = null;
  }
}
