package dev.slipway.e2e.registry;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Programs of this machine that tests use where they are installed. */
public final class Programs {

  private Programs() {}

  public static Optional<Path> find(String name) {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      Path file = Path.of(directory.isEmpty() ? "." : directory, name);
      if (Files.isExecutable(file) && Files.isRegularFile(file)) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  /** Runs to the end and returns standard output; fails with both outputs otherwise. */
  public static String run(String... command) {
    try {
      Process process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int exit = process.waitFor();
      if (exit != 0) {
        throw new AssertionError(
            String.join(" ", command) + " ended with " + exit + ":\n" + output);
      }
      return output;
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
