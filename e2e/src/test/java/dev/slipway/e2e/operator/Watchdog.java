package dev.slipway.e2e.operator;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Ends processes when this one does, however it ends: a shell reads from a pipe that only this
 * process holds open.
 */
final class Watchdog implements AutoCloseable {
  private final Process shell;

  private Watchdog(Process shell) {
    this.shell = shell;
  }

  static Watchdog over(List<Long> pids) throws IOException {
    // In a session of its own: what ends a terminal or a Maven run does not end it first.
    List<String> command =
        new ArrayList<>(List.of("setsid", "sh", "-c", "read -r _ || kill -9 \"$@\"", "watchdog"));
    pids.forEach(pid -> command.add(pid.toString()));
    return new Watchdog(
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start());
  }

  /** As if this process had died. */
  void bite() throws IOException {
    shell.getOutputStream().close();
  }

  /** Lets them live. */
  @Override
  public void close() {
    shell.destroyForcibly();
  }
}
