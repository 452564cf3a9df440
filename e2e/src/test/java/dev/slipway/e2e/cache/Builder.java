package dev.slipway.e2e.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.builder.cli.Main;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The builder as a process of its own, as in a pod: it can be killed, and shares nothing. */
final class Builder {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path work;
  private final Map<String, String> environment;
  private final List<String> before;
  private int builds;

  /**
   * @param work for results and logs
   * @param before words to put before the command, such as those of {@code faketime}
   */
  Builder(Path work, Map<String, String> environment, List<String> before) {
    this.work = work;
    this.environment = environment;
    this.before = before;
  }

  Builder(Path work) {
    this(work, Map.of(), List.of());
  }

  /**
   * A build that ended.
   *
   * @param result the result document
   * @param metadata the metadata file; missing after a failure
   */
  record Ended(int exit, String output, JsonNode result, JsonNode metadata) {
    Ended succeeded() {
      assertThat(exit).as(output).isZero();
      return this;
    }

    String digest() {
      return result.path("digest").asText();
    }

    int hits() {
      return result.at("/cache/hits").asInt();
    }

    int misses() {
      return result.at("/cache/misses").asInt();
    }
  }

  /** Begins a build. */
  Running start(Path store, String... arguments) throws IOException {
    builds++;
    Path result = work.resolve("result-" + builds + ".json");
    Path metadata = work.resolve("metadata-" + builds + ".json");
    Path log = work.resolve("log-" + builds);
    List<String> words = new ArrayList<>(before);
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx512m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path").replace(File.pathSeparator, ":"),
            Main.class.getName(),
            "build",
            "--progress=plain",
            "--root=" + store,
            "--result-file=" + result,
            "--metadata-file=" + metadata));
    words.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().remove("SOURCE_DATE_EPOCH");
    builder.environment().putAll(environment);
    return new Running(builder.start(), log, result, metadata);
  }

  /** Builds to the end. */
  Ended build(Path store, String... arguments) throws IOException {
    return start(store, arguments).await();
  }

  /** A build that runs. */
  record Running(Process process, Path log, Path result, Path metadata) {
    String output() throws IOException {
      return Files.readString(log, StandardCharsets.UTF_8);
    }

    Ended await() throws IOException {
      try {
        if (!process.waitFor(4, TimeUnit.MINUTES)) {
          process.destroyForcibly();
          throw new AssertionError("the build hangs:\n" + output());
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
      return new Ended(process.exitValue(), output(), json(result), json(metadata));
    }

    /** Ends it as an eviction does that cannot wait, with all its children. */
    void kill() {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private static JsonNode json(Path file) throws IOException {
      return Files.exists(file) ? JSON.readTree(Files.readAllBytes(file)) : JSON.missingNode();
    }
  }
}
