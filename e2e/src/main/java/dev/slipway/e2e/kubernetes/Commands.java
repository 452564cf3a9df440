package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Programs that run to their end. */
final class Commands {
  private Commands() {}

  /**
   * Runs a program and returns what it wrote on standard output.
   *
   * @throws IOException if it cannot be started or does not end with 0; the message holds its
   *     output
   */
  static String run(List<String> command) throws IOException {
    Ended ended = end(command);
    if (ended.exit() != 0) {
      throw new IOException(
          String.join(" ", command)
              + " ended with "
              + ended.exit()
              + ": "
              + ended.output().strip());
    }
    return ended.output();
  }

  /** Whether a program ends with 0. */
  static boolean succeeds(List<String> command) throws IOException {
    return end(command).exit() == 0;
  }

  private record Ended(int exit, String output) {}

  private static Ended end(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(await(process), output);
  }

  static String run(String... command) throws IOException {
    return run(List.of(command));
  }

  private static int await(Process process) throws IOException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
