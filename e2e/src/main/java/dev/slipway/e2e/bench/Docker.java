package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Debian's {@code docker.io}: the BuildKit inside dockerd, and {@code docker push}. */
final class Docker implements Engine {
  /** The client of Debian's package, where another one comes first on PATH. */
  private static final String CLIENT =
      Files.isExecutable(Path.of("/usr/bin/docker")) ? "/usr/bin/docker" : "docker";

  private final String socket;
  private final Daemon daemon;

  Docker(Path disk, Path work, String registry) {
    this.socket = "unix://" + work.resolve("docker.sock");
    this.daemon =
        new Daemon(
            Program.of(
                "dockerd",
                "--data-root=" + disk.resolve("docker"),
                "--exec-root=" + work.resolve("docker-exec"),
                "--pidfile=" + work.resolve("docker.pid"),
                "--host=" + socket,
                "--iptables=false",
                "--bridge=none",
                "--insecure-registry=" + registry),
            Program.of(CLIENT, "--host=" + socket, "version"),
            work.resolve("dockerd.log"));
  }

  @Override
  public String name() {
    return "docker";
  }

  @Override
  public String version() throws IOException, InterruptedException {
    return Program.of("dockerd", "--version")
        .run()
        .strip()
        .replaceAll(".*version ([^,]*),.*", "$1");
  }

  @Override
  public Optional<String> missing() {
    return Program.find("dockerd").isPresent()
        ? Optional.empty()
        : Optional.of("not installed; apt install docker.io");
  }

  @Override
  public void stop() throws IOException, InterruptedException {
    daemon.stop();
    Files.deleteIfExists(Path.of(socket.substring("unix://".length())));
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
  public List<Program> build(Job job) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(CLIENT, "--host=" + socket, "build", "--network=host", "--progress=plain"));
    job.cache()
        .ifPresent(ref -> {
          // The only kind of cache that its BuildKit can export: inline, in the image itself.
          words.add("--build-arg=BUILDKIT_INLINE_CACHE=1");
          words.add("--cache-from=" + job.image());
        });
    words.add("--tag=" + job.image());
    words.add(job.context().toString());
    return List.of(
        new Program(words, Map.of("DOCKER_BUILDKIT", "1")),
        Program.of(CLIENT, "--host=" + socket, "push", job.image()));
  }

  @Override
  public boolean hasRegistryCache() {
    return true;
  }
}
