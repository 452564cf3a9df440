package dev.slipway.e2e.real;

import dev.slipway.builder.cli.Main;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code slipway build} as a process of its own, so that several run side by side. */
final class BuildProcess {
  private static final int LAST_LINES = 60;

  /** For one build on a busy machine, its packages included. */
  private static final int PATIENCE_MINUTES = 8;

  private BuildProcess() {}

  /** Builds, or fails with the end of the log. */
  static void run(List<String> arguments) throws IOException {
    Path log = Files.createTempFile("slipway-build", ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx512m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "build",
            "--progress=plain"));
    command.addAll(arguments);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      process.getOutputStream().close();
      if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
        throw new AssertionError(
            "the build did not end within %d minutes; is a registry of packages out of reach?%n%s"
                .formatted(PATIENCE_MINUTES, end(log)));
      }
      if (process.exitValue() != 0) {
        throw new AssertionError("exit code %d%n%s".formatted(process.exitValue(), end(log)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } finally {
      process.destroy();
      Files.delete(log);
    }
  }

  private static String end(Path log) throws IOException {
    List<String> lines = Files.readString(log, StandardCharsets.UTF_8).lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
  }
}
