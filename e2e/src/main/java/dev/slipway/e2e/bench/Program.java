package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A program of this machine with its arguments.
 *
 * @param environment what is added to that of this process
 */
record Program(List<String> command, Map<String, String> environment) {
  Program {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }

  static Program of(String... command) {
    return new Program(List.of(command), Map.of());
  }

  Program with(String name, String value) {
    Map<String, String> more = new HashMap<>(environment);
    more.put(name, value);
    return new Program(command, more);
  }

  /** Where a program is on PATH. */
  static Optional<Path> find(String name) {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      Path file = Path.of(directory.isEmpty() ? "." : directory, name);
      if (Files.isExecutable(file) && Files.isRegularFile(file)) {
        return Optional.of(file);
      }
    }
    return Optional.empty();
  }

  /** Starts it with its output appended to {@code log}. */
  Process start(Path log) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    return builder.start();
  }

  /**
   * Runs it to its end.
   *
   * @return what it printed
   * @throws IOException with that, where it fails
   */
  String run() throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    check(process.waitFor(), output);
    return output;
  }

  void check(int exit, String output) throws IOException {
    if (exit != 0) {
      String tail = output.substring(Math.max(0, output.length() - 4000));
      throw new IOException(this + " ended with " + exit + ":\n" + tail);
    }
  }

  /** As in {@link #toString}, with scripts cut out. */
  String shown() {
    return String.join(
        " ", command.stream().map(word -> word.contains("\n") ? "'...'" : word).toList());
  }

  @Override
  public String toString() {
    return String.join(" ", command);
  }
}
