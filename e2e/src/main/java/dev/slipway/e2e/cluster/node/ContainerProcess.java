package dev.slipway.e2e.cluster.node;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One container as a process: its own mounts, its own process IDs (so that its end takes all its
 * children with it), the network and the user of this machine.
 */
final class ContainerProcess {
  /**
   * {@code $1} an empty directory, {@code $2} a file made when the root is ready, {@code $3} cwd.
   */
  private static final String BEFORE =
      """
      set -eu
      inner_path=$PATH
      PATH=/usr/sbin:/usr/bin:/sbin:/bin
      mount -t tmpfs -o mode=755 slipway-pod "$1"
      cd "$1"
      """;

  private static final String AFTER =
      """
      : >"$2"
      mkdir .old
      pivot_root . .old
      umount -l /.old
      rmdir /.old
      mkdir -p "$3" 2>/dev/null || :
      cd "$3"
      PATH=$inner_path
      shift 3
      exec "$@"
      """;

  private final Process process;
  private final Thread pump;
  private final ContainerLog log;
  private final Path ready;

  private ContainerProcess(Process process, Thread pump, ContainerLog log, Path ready) {
    this.process = process;
    this.pump = pump;
    this.log = log;
    this.ready = ready;
  }

  /**
   * Starts {@code command}.
   *
   * @param directory an existing directory of this container alone
   */
  static ContainerProcess start(
      Path directory,
      List<RootPlan.Bind> binds,
      List<String> command,
      Map<String, String> env,
      String workingDir,
      Clock clock)
      throws IOException, InterruptedException {
    Path root = Files.createDirectories(directory.resolve("root"));
    Path ready = directory.resolve("ready");
    Path script = directory.resolve("setup.sh");
    Files.writeString(script, BEFORE + RootPlan.of(binds).script() + AFTER);
    List<String> line = new ArrayList<>(List.of("unshare"));
    line.addAll(userNamespace());
    line.addAll(List.of("--mount", "--propagation", "private"));
    line.addAll(List.of("--pid", "--fork", "--kill-child=KILL"));
    line.addAll(List.of("/bin/sh", script.toString()));
    line.addAll(List.of(root.toString(), ready.toString(), workingDir));
    line.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(env);
    Process process = builder.start();
    process.getOutputStream().close();
    ContainerLog log = new ContainerLog(directory.resolve("log"), clock);
    Thread pump =
        Thread.ofVirtual()
            .name("log of " + directory.getFileName())
            .start(() -> {
              try {
                log.copy(process.getInputStream());
              } catch (IOException e) {
                // The pipe breaks when the process is killed: its log ends there.
                Thread.onSpinWait();
              }
            });
    return new ContainerProcess(process, pump, log, ready);
  }

  /** An ordinary user needs a user namespace to mount; with all their subordinate ids, if any. */
  private static List<String> userNamespace() throws IOException, InterruptedException {
    if (Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
      return List.of();
    }
    List<String> whole = List.of("--user", "--map-root-user", "--map-auto");
    List<String> probe = new ArrayList<>(List.of("unshare"));
    probe.addAll(whole);
    probe.add("true");
    int exit =
        new ProcessBuilder(probe)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    return exit == 0 ? whole : whole.subList(0, 2);
  }

  /**
   * Runs a command beside the container's own, in its mounts: what it printed if it failed, nothing
   * if it succeeded or the container is gone.
   */
  Optional<String> exec(List<String> command) throws IOException, InterruptedException {
    Optional<ProcessHandle> first = process.children().findFirst();
    if (first.isEmpty() || !wasReady()) {
      return Optional.empty();
    }
    List<String> line = new ArrayList<>(List.of("nsenter", "--target", first.get().pid() + ""));
    if (!userNamespace().isEmpty()) {
      line.addAll(List.of("--user", "--preserve-credentials"));
    }
    line.add("--mount");
    line.addAll(command);
    Process probe = new ProcessBuilder(line).redirectErrorStream(true).start();
    probe.getOutputStream().close();
    String said = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return probe.waitFor() == 0 || !process.isAlive()
        ? Optional.empty()
        : Optional.of(said.strip());
  }

  ContainerLog log() {
    return log;
  }

  /** Waits for the end, and for the last line of the log. */
  int waitFor() throws InterruptedException {
    int exit = process.waitFor();
    pump.join();
    return exit;
  }

  /** Whether the root was set up and the command was started. */
  boolean wasReady() {
    return Files.exists(ready);
  }

  /** Asks the container to end, and ends it after {@code grace}. Returns when it has ended. */
  void stop(Duration grace) throws InterruptedException {
    // `unshare` itself ignores SIGTERM; its child is the first process of the container.
    process.children().forEach(ProcessHandle::destroy);
    if (!process.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
      kill();
      process.waitFor();
    }
  }

  /** Ends the container and everything in it, now. */
  void kill() {
    process.destroyForcibly();
  }
}
