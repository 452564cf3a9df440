package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A real {@code git daemon} that the pods of a cluster can reach. */
final class GitHost implements AutoCloseable {
  private static final String MESSAGE = "Begin";

  private final String address;
  private final Path root;
  private final Process process;

  /**
   * Starts it on a free port.
   *
   * @param root where repositories are kept; created if need be
   */
  GitHost(RealCluster cluster, Path root) throws IOException {
    this.root = Files.createDirectories(root);
    int port = Ports.free();
    this.address = cluster.host() + ":" + port;
    this.process =
        new ProcessBuilder(
                "git",
                "daemon",
                "--reuseaddr",
                "--export-all",
                "--listen=" + cluster.host(),
                "--port=" + port,
                "--base-path=" + root,
                root.toString())
            .redirectErrorStream(true)
            .redirectOutput(root.resolveSibling("git-daemon.log").toFile())
            .start();
    Waiting.until(
        "git daemon listens", Duration.ofSeconds(30), () -> listens(cluster.host(), port));
  }

  private static boolean listens(String host, int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** What stands for {@code https://git.example.com} in a manifest. */
  String url() {
    return "git://" + address;
  }

  String url(String repository) {
    return url() + "/" + repository;
  }

  /**
   * Commits files on top of what there is.
   *
   * @param files name to content
   * @return the commit
   */
  String commit(String repository, Map<String, String> files) throws IOException {
    Path tree = tree(repository);
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = tree.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    return commit(tree);
  }

  /** Commits a copy of a directory. */
  String commit(String repository, Path content) throws IOException {
    Path tree = tree(repository);
    Commands.run("cp", "-a", content + "/.", tree.toString());
    return commit(tree);
  }

  void tag(String repository, String name) throws IOException {
    git(root.resolve(repository), "tag", name);
  }

  private Path tree(String repository) throws IOException {
    Path tree = root.resolve(repository);
    if (!Files.exists(tree)) {
      Commands.run("git", "init", "-q", "-b", "main", tree.toString());
    }
    return tree;
  }

  private static String commit(Path tree) throws IOException {
    git(tree, "add", "-A");
    git(tree, "commit", "-q", "-m", MESSAGE);
    return git(tree, "rev-parse", "HEAD").strip();
  }

  private static String git(Path tree, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "git",
                "-C",
                tree.toString(),
                "-c",
                "user.name=A Developer",
                "-c",
                "user.email=developer@example.com"));
    command.addAll(List.of(arguments));
    return Commands.run(command);
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
