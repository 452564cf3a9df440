package dev.slipway.e2e.seeds;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** {@code slipway} as a user starts it: a process of its own, with a store of its own. */
final class Cli {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long TIMEOUT_SECONDS = 300;

  private final Path directory;
  private final Map<String, String> environment = new TreeMap<>();

  /**
   * @param directory the working directory; the store is next to it
   */
  Cli(Path directory, Path store) {
    this.directory = directory;
    environment.put("SLIPWAY_ROOT", store.toString());
  }

  Cli with(String name, String value) {
    environment.put(name, value);
    return this;
  }

  /** How it ended. */
  record Result(int exit, String out, String err) {
    Result ok() {
      assertThat(exit).describedAs("%s%n%s", out, err).isZero();
      return this;
    }

    Result failed(int code) {
      assertThat(exit).describedAs("%s%n%s", out, err).isEqualTo(code);
      return this;
    }
  }

  Result run(String... arguments) throws IOException {
    return run(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()), words(arguments));
  }

  /** With a file as standard input. */
  Result feed(Path input, String... arguments) throws IOException {
    return run(ProcessBuilder.Redirect.from(input.toFile()), words(arguments));
  }

  /** On a terminal of its own, with what a person types. Both outputs come as one. */
  Result type(String text, String... arguments) throws IOException {
    Path typed = Files.writeString(Files.createTempFile("typed", ".txt"), text);
    try {
      List<String> quoted =
          words(arguments).stream().map(word -> "'" + word.replace("'", "'\\''") + "'").toList();
      return run(
          ProcessBuilder.Redirect.from(typed.toFile()),
          List.of("script", "-qec", String.join(" ", quoted), "/dev/null"));
    } finally {
      Files.delete(typed);
    }
  }

  /** {@code slipway inspect}. */
  JsonNode inspect(String image) throws IOException {
    return JSON.readTree(run("inspect", image).ok().out());
  }

  private static List<String> words(String... arguments) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xshare:auto",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.slipway.builder.cli.Main"));
    words.addAll(List.of(arguments));
    return words;
  }

  private Result run(ProcessBuilder.Redirect input, List<String> words) throws IOException {
    Path out = Files.createTempFile("slipway", ".out");
    Path err = Files.createTempFile("slipway", ".err");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(words)
              .directory(directory.toFile())
              .redirectInput(input)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(words + " did not end: " + Files.readString(err));
      }
      return new Result(
          process.exitValue(),
          Files.readString(out, StandardCharsets.UTF_8),
          Files.readString(err, StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }
}
