package dev.slipway.e2e.conformance;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** A child process that runs to its end. */
final class Command {
  private static final long TIMEOUT_SECONDS = 300;

  private final List<String> words;
  private final Map<String, String> environment = new TreeMap<>();

  private Command(List<String> words) {
    this.words = words;
  }

  static Command of(String... words) {
    return new Command(new ArrayList<>(List.of(words)));
  }

  static Command of(List<String> words) {
    return new Command(new ArrayList<>(words));
  }

  Command environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** What it ended with, and what it printed on both of its outputs. */
  record Result(int exit, String output) {}

  Result run() throws IOException {
    Path log = Files.createTempFile("command", ".log");
    try {
      Process process = start(ProcessBuilder.Redirect.to(log.toFile()), true);
      process.getOutputStream().close();
      return new Result(end(process), Files.readString(log, StandardCharsets.ISO_8859_1));
    } finally {
      Files.deleteIfExists(log);
    }
  }

  /** Its standard output, for one that must succeed. */
  String check() throws IOException {
    Result result = run();
    if (result.exit() != 0) {
      throw new IOException(words + " ended with " + result.exit() + ": " + result.output());
    }
    return result.output();
  }

  /** Feeds {@code input}, answers the standard output, and must succeed. */
  byte[] pipe(byte[] input) throws IOException {
    Process process = start(ProcessBuilder.Redirect.PIPE, false);
    Thread feeder =
        Thread.ofVirtual()
            .start(() -> {
              try (OutputStream in = process.getOutputStream()) {
                in.write(input);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    byte[] output = process.getInputStream().readAllBytes();
    int exit = end(process);
    try {
      feeder.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (exit != 0) {
      throw new IOException(words + " ended with " + exit);
    }
    return output;
  }

  private Process start(ProcessBuilder.Redirect output, boolean merge) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(words).redirectOutput(output);
    if (merge) {
      builder.redirectErrorStream(true);
    } else {
      builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    }
    builder.environment().putAll(environment);
    return builder.start();
  }

  private int end(Process process) throws IOException {
    try {
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(words + " did not end in " + TIMEOUT_SECONDS + " s");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Word {@code index}, counted from 0, of a text; empty where there are fewer. */
  static String word(String text, int index) {
    return Pattern.compile("\\s+").splitAsStream(text).skip(index).findFirst().orElse("");
  }

  /** Whether this process may chown and mount: root, here or in a user namespace. */
  static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }
}
