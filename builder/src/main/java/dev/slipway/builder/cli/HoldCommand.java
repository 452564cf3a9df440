package dev.slipway.builder.cli;

import dev.slipway.builder.solve.KeptStage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code slipway hold}: the second container of a builder pod whose failures can be looked at. It
 * has the store, and none of the credentials that the build has.
 */
final class HoldCommand implements Subcommand {
  private static final String MAIN = "dev.slipway.builder.cli.Main";

  private String name = "last";
  private String keepFor = "30m";
  private String startWithin = "10m";
  private EngineOptions engine = new EngineOptions();

  @Override
  public void declare(Flags flags) {
    flags.describe(
        "Wait for a build with --on-error=keep on the same store; if it fails, stay for a while, so"
            + " that its stage can be entered from outside.");
    flags.text(
        "--kept-as",
        "NAME",
        name,
        "Which build, as --keep-as names it (default: ${DEFAULT-VALUE}).",
        value -> name = value);
    flags.text(
        "--keep-for",
        "DURATION",
        keepFor,
        "How long to stay (default: ${DEFAULT-VALUE}).",
        value -> keepFor = value);
    flags.text(
        "--start-within",
        "DURATION",
        startWithin,
        "How long the build may take to begin (default: ${DEFAULT-VALUE}).",
        value -> startWithin = value);
    engine.declare(flags);
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Duration stay = StoreCommands.duration(keepFor);
    Path store = engine.settings().store();
    Files.createDirectories(store);
    Path script = store.resolve("debug-" + name.replace('/', '_'));
    Files.writeString(script, script(store));
    try {
      Optional<KeptStage> kept = KeptBuild.await(store, name, StoreCommands.duration(startWithin));
      if (kept.isPresent()) {
        System.err.println("Failed: " + kept.get().step());
        System.err.println(
            "Its stage is kept for " + keepFor + ". Enter it here with: sh " + script);
        Thread.sleep(stay);
      }
      return 0;
    } finally {
      Files.deleteIfExists(script);
    }
  }

  /** Starts {@code slipway debug} as this process was started. */
  private String script(Path store) throws IOException {
    // Not from ProcessHandle, which knows no more than the first page of it.
    String[] own = Files.readString(Path.of("/proc/self/cmdline")).split("\0", -1);
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String words =
        Stream.concat(
                Stream.concat(
                    Stream.of(java), Stream.of(own).skip(1).takeWhile(word -> !word.equals(MAIN))),
                Stream.of(MAIN, "debug", "--root=" + store, "--kept-as=" + name))
            .map(word -> "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    return "#!/bin/sh\nexec " + words + " \"$@\"\n";
  }
}
