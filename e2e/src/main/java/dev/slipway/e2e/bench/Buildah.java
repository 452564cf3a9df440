package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Debian's {@code buildah}: {@code bud} with layers, four jobs and chroot isolation, then push. */
final class Buildah implements Engine {
  private final Path storage;
  private final Path run;

  Buildah(Path disk) {
    this.storage = disk.resolve("buildah");
    this.run = disk.resolve("buildah-run");
  }

  @Override
  public String name() {
    return "buildah";
  }

  @Override
  public String version() throws IOException, InterruptedException {
    return Program.of("buildah", "--version").run().split(" ", -1)[2];
  }

  @Override
  public Optional<String> missing() {
    return Program.find("buildah").isPresent()
        ? Optional.empty()
        : Optional.of("not installed; apt install buildah");
  }

  private List<String> words(String... rest) {
    List<String> words = new ArrayList<>();
    words.add("buildah");
    words.add("--root=" + storage);
    words.add("--runroot=" + run);
    words.add("--storage-driver=overlay");
    words.addAll(List.of(rest));
    return words;
  }

  @Override
  public void stop() {
    // It leaves its directory mounted on itself, which goes with the disk it is on.
  }

  @Override
  public void start() {}

  @Override
  public List<Long> daemons() {
    return List.of();
  }

  @Override
  public List<Program> build(Job job) {
    List<String> words =
        words("bud", "--isolation=chroot", "--layers", "--jobs=4", "--tls-verify=false");
    job.cache()
        .ifPresent(ref -> {
          // It wants a repository, not an image in one.
          String repository = ref.substring(0, ref.lastIndexOf(':'));
          words.add("--cache-from=" + repository);
          words.add("--cache-to=" + repository);
        });
    words.add("--tag=" + job.image());
    words.add(job.context().toString());
    return List.of(
        new Program(words, Map.of()),
        new Program(words("push", "--tls-verify=false", job.image()), Map.of()));
  }

  @Override
  public boolean hasRegistryCache() {
    return true;
  }
}
