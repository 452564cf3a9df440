package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code buildkitd}, rootful, with its overlay snapshotter and runc, and {@code buildctl}. */
final class BuildKit implements Engine {
  private final Path tools;
  private final String address;
  private final Daemon daemon;

  BuildKit(Path tools, Path disk, Path work, String registry) throws IOException {
    this.tools = tools;
    this.address = "unix://" + work.resolve("buildkit.sock");
    Path config = work.resolve("buildkitd.toml");
    Files.writeString(
        config,
        """
        [worker.oci]
          enabled = true
          networkMode = "host"
          binary = "runc"
        [worker.containerd]
          enabled = false
        [registry."%s"]
          http = true
        """
            .formatted(registry));
    this.daemon =
        new Daemon(
            Program.of(
                tools.resolve("buildkitd").toString(),
                "--config=" + config,
                "--root=" + disk.resolve("buildkit"),
                "--addr=" + address),
            Program.of(control().toString(), "--addr=" + address, "debug", "workers"),
            work.resolve("buildkitd.log"));
  }

  private Path control() {
    return tools.resolve("buildctl");
  }

  @Override
  public String name() {
    return "buildkit";
  }

  @Override
  public String version() throws IOException, InterruptedException {
    return Program.of(tools.resolve("buildkitd").toString(), "--version").run().split(" ", -1)[2];
  }

  @Override
  public Optional<String> missing() {
    if (!Files.isExecutable(control())) {
      return Optional.of("not built; run make bench-tools");
    }
    return Program.find("runc").isPresent() ? Optional.empty() : Optional.of("runc is missing");
  }

  @Override
  public void stop() throws InterruptedException {
    daemon.stop();
  }

  @Override
  public void start() throws IOException, InterruptedException {
    daemon.start();
  }

  @Override
  public List<Long> daemons() {
    return daemon.pids();
  }

  @Override
  public List<Program> build(Job job) {
    List<String> words = new ArrayList<>();
    words.add(control().toString());
    words.add("--addr=" + address);
    words.add("build");
    words.add("--frontend=dockerfile.v0");
    words.add("--progress=plain");
    words.add("--local=context=" + job.context());
    words.add("--local=dockerfile=" + job.context());
    job.cache()
        .ifPresent(ref -> {
          words.add("--import-cache=type=registry,ref=" + ref);
          words.add("--export-cache=type=registry,mode=max,ref=" + ref);
        });
    words.add("--output=type=image,name=" + job.image() + ",push=true");
    return List.of(new Program(words, Map.of()));
  }

  @Override
  public boolean hasRegistryCache() {
    return true;
  }
}
