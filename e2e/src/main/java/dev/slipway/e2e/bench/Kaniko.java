package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The executor of the maintained fork of kaniko. It unpacks into, and then empties, its root
 * directory, so it gets an empty one: a chroot in mount and process namespaces of its own, with the
 * context mounted read-only. Nothing else of this machine can be reached from there.
 */
final class Kaniko implements Engine {
  private static final String SCRIPT =
      """
      set -e
      root=$1 context=$2
      shift 2
      mount --make-rprivate /
      mount -t proc proc "$root/proc"
      # Between stages it empties its root, but for what is mounted there.
      mount --bind "$root/dev" "$root/dev"
      mount --bind "$context" "$root/workspace"
      mount -o remount,bind,ro "$root/workspace"
      exec chroot "$root" /kaniko/executor "$@"
      """;

  private final Path executor;
  private final Path disk;
  private int number;

  Kaniko(Path tools, Path disk) {
    this.executor = tools.resolve("kaniko");
    this.disk = disk;
  }

  @Override
  public String name() {
    return "kaniko";
  }

  @Override
  public String version() throws IOException, InterruptedException {
    String text = Program.of(executor.toString(), "version").run();
    return text.contains("unset")
        ? "the maintained fork; its build sets no version"
        : text.replaceAll("(?s).*: *v?([0-9][^ \n]*).*", "$1").strip();
  }

  @Override
  public Optional<String> missing() {
    return Files.isExecutable(executor)
        ? Optional.empty()
        : Optional.of("not built: its module could not be had; see make bench-tools");
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
  public List<Program> build(Job job) throws IOException {
    // Each build gets a root of its own: a kaniko pod starts empty, and ends so.
    Path root = Files.createDirectories(disk.resolve("kaniko" + number++));
    for (String directory : List.of("proc", "dev", "workspace", "kaniko", "tmp", "etc")) {
      Files.createDirectories(root.resolve(directory));
    }
    Files.copy(executor, root.resolve("kaniko/executor"));
    Files.writeString(root.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
    device(root.resolve("dev/null"), 3);
    device(root.resolve("dev/zero"), 5);
    device(root.resolve("dev/urandom"), 9);
    List<String> words = new ArrayList<>();
    words.addAll(List.of("unshare", "--mount", "--pid", "--fork", "sh", "-c", SCRIPT, "kaniko"));
    words.addAll(List.of("" + root, "" + job.context()));
    words.add("--context=dir:///workspace");
    words.add("--dockerfile=/workspace/Dockerfile");
    words.add("--destination=" + job.image());
    words.addAll(List.of("--force", "--insecure", "--insecure-pull", "--skip-tls-verify"));
    job.cache()
        .ifPresent(ref -> {
          words.add("--cache=true");
          words.add("--cache-copy-layers=true");
          words.add("--cache-repo=" + ref.substring(0, ref.lastIndexOf(':')));
        });
    return List.of(new Program(words, Map.of("USER", "root", "HOME", "/root")));
  }

  private static void device(Path file, int minor) throws IOException {
    try {
      Program.of("mknod", "-m", "666", file.toString(), "c", "1", "" + minor).run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public boolean hasRegistryCache() {
    return true;
  }
}
