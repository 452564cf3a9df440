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
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int exit = await(process);
    if (exit != 0) {
      throw new IOException(
          String.join(" ", command) + " ended with " + exit + ": " + output.strip());
    }
    return output;
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
