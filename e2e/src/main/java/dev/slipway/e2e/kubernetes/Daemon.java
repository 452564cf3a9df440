package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One long-running program with its log. Thread-safe. */
public final class Daemon implements AutoCloseable {
  private final String name;
  private final List<String> command;
  private final Map<String, String> environment;
  private final Path log;
  private final Footprint footprint;
  private Process process;

  private Daemon(
      String name,
      List<String> command,
      Map<String, String> environment,
      Path log,
      Footprint footprint)
      throws IOException {
    this.name = name;
    this.command = List.copyOf(command);
    this.environment = Map.copyOf(environment);
    this.log = log;
    this.footprint = footprint;
    this.process = launch();
  }

  /**
   * Starts a program in a session of its own, so that what ends a terminal or a Maven run does not
   * end it halfway; the footprint remembers it.
   *
   * @param directory where its log goes
   */
  static Daemon start(
      String name,
      List<String> command,
      Map<String, String> environment,
      Path directory,
      Footprint footprint)
      throws IOException {
    return new Daemon(name, command, environment, directory.resolve(name + ".log"), footprint);
  }

  private Process launch() throws IOException {
    List<String> line = new ArrayList<>(List.of("setsid"));
    line.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    Process started = builder.start();
    started.getOutputStream().close();
    footprint.process(started.toHandle());
    return started;
  }

  /**
   * Waits until the program does its work.
   *
   * @throws IOException if it ends, or takes too long; the message holds the end of its log
   */
  void await(String what, Duration atMost, Waiting.Condition condition) throws IOException {
    try {
      Waiting.until(
          what,
          atMost,
          () -> {
            if (!alive()) {
              throw new IOException(name + " ended before " + what);
            }
            return condition.holds();
          });
    } catch (IOException e) {
      throw new IOException(e.getMessage() + "; the end of " + log + ":\n" + tail(), e);
    }
  }

  public synchronized boolean alive() {
    return process.isAlive();
  }

  public String name() {
    return name;
  }

  public synchronized long pid() {
    return process.pid();
  }

  /** Ends it without notice, as a crash does. */
  public synchronized void kill() throws IOException {
    process.destroyForcibly();
    Waiting.until(name + " is gone", Duration.ofSeconds(20), () -> !process.isAlive());
  }

  /** Starts it again, with the same arguments. */
  public synchronized void restart() throws IOException {
    if (process.isAlive()) {
      throw new IllegalStateException(name + " still runs");
    }
    process = launch();
  }

  /** The last lines of its log. */
  public String tail() {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    } catch (IOException e) {
      return "(" + e.getMessage() + ")";
    }
  }

  @Override
  public void close() throws IOException {
    kill();
  }
}
