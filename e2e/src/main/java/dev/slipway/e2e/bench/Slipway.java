package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The launcher of this checkout. */
final class Slipway implements Engine {
  private final Path launcher;
  private final Path store;
  private final String registry;
  private @org.jspecify.annotations.Nullable String help;

  Slipway(Path launcher, Path disk, String registry) {
    this.launcher = launcher;
    this.store = disk.resolve("slipway");
    this.registry = registry;
  }

  @Override
  public String name() {
    return "slipway";
  }

  @Override
  public String version() throws IOException, InterruptedException {
    String commit =
        Program.of("git", "-C", "" + launcher.getParent(), "describe", "--always", "--dirty").run();
    return commit.strip();
  }

  @Override
  public Optional<String> missing() {
    return Optional.empty();
  }

  @Override
  public void stop() {}

  @Override
  public void start() {}

  @Override
  public List<Long> daemons() {
    return List.of();
  }

  @Override
  public List<Program> build(Job job) {
    List<String> words = new ArrayList<>();
    words.add(launcher.toString());
    words.add("build");
    words.add("--progress=plain");
    words.add("--root=" + store);
    words.add("--insecure-registry=" + registry);
    words.add("--tag=" + job.image());
    job.cache()
        .ifPresent(ref -> {
          words.add("--cache-from=type=registry,ref=" + ref);
          words.add("--cache-to=type=registry,ref=" + ref + ",mode=max");
        });
    words.add("--push");
    words.add(job.context().toString());
    return List.of(new Program(words, java.util.Map.of()).with("SLIPWAY_NO_BUILD", "1"));
  }

  @Override
  public boolean hasRegistryCache() {
    if (help == null) {
      try {
        help = Program.of(launcher.toString(), "build", "--help").run();
      } catch (IOException e) {
        help = "";
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return help.contains("--cache-to");
  }
}
