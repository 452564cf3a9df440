package dev.slipway.e2e.real;

import dev.slipway.e2e.registry.Programs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;

/** A real {@code git daemon}, serving repositories with real histories. */
final class GitDaemon implements AutoCloseable {
  private final Path root;
  private final int port;
  private final Process process;

  GitDaemon(Path root) throws IOException {
    this.root = Files.createDirectories(root);
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      this.port = socket.getLocalPort();
    }
    this.process =
        new ProcessBuilder(
                "git",
                "daemon",
                "--reuseaddr",
                "--export-all",
                "--listen=127.0.0.1",
                "--port=" + port,
                "--base-path=" + root,
                root.toString())
            .redirectErrorStream(true)
            .redirectOutput(root.resolveSibling("git-daemon.log").toFile())
            .start();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .until(this::answers);
  }

  String url(String repository) {
    return "git://127.0.0.1:" + port + "/" + repository;
  }

  /** Commits the content of a directory; the first commit of a repository is an empty one. */
  String commit(String repository, Path content, String message) {
    Path git = root.resolve(repository);
    if (!Files.exists(git)) {
      Programs.run("git", "init", "-q", "-b", "main", git.toString());
      git(git, "commit", "-q", "--allow-empty", "-m", "Begin");
    }
    Programs.run("cp", "-a", content + "/.", git.toString());
    git(git, "add", "-A");
    git(git, "commit", "-q", "-m", message);
    return git(git, "rev-parse", "HEAD").strip();
  }

  private static String git(Path repository, String... arguments) {
    java.util.List<String> command =
        new java.util.ArrayList<>(
            java.util.List.of(
                "git",
                "-C",
                repository.toString(),
                "-c",
                "user.name=A Developer",
                "-c",
                "user.email=developer@example.com"));
    command.addAll(java.util.List.of(arguments));
    return Programs.run(command.toArray(String[]::new));
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
