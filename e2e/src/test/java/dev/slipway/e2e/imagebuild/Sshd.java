package dev.slipway.e2e.imagebuild;

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

/** OpenSSH's sshd on a free port, for the user that runs the tests and one key. */
final class Sshd implements AutoCloseable {
  static final Path PROGRAM = Path.of("/usr/sbin/sshd");

  private final Path directory;
  private final int port;
  private final Process process;

  Sshd(Path directory) throws IOException {
    this(directory, "");
  }

  /**
   * @param more lines of its configuration
   */
  Sshd(Path directory, String more) throws IOException {
    this.directory = directory;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    keygen("host");
    keygen("user");
    Path keys = Files.copy(directory.resolve("user.pub"), directory.resolve("authorized_keys"));
    // It insists on this directory when it runs as root.
    if (System.getProperty("user.name").equals("root")) {
      Files.createDirectories(Path.of("/run/sshd"));
    }
    Path config =
        Files.writeString(
            directory.resolve("sshd_config"),
            """
            Port %d
            ListenAddress 127.0.0.1
            HostKey %s
            AuthorizedKeysFile %s
            PidFile none
            PasswordAuthentication no
            StrictModes no
            UsePAM no
            PermitRootLogin prohibit-password
            %s
            """
                .formatted(port, directory.resolve("host"), keys, more));
    process =
        new ProcessBuilder(PROGRAM.toString(), "-D", "-e", "-f", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("sshd.log").toFile())
            .start();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .until(this::answers);
  }

  private void keygen(String name) {
    Programs.run(
        "ssh-keygen",
        "-q",
        "-t",
        "ed25519",
        "-N",
        "",
        "-C",
        "",
        "-f",
        directory.resolve(name).toString());
  }

  String url(Path repository) {
    return "ssh://%s@127.0.0.1:%d%s".formatted(System.getProperty("user.name"), port, repository);
  }

  int port() {
    return port;
  }

  Path key() {
    return directory.resolve("user");
  }

  String privateKey() throws IOException {
    return Files.readString(directory.resolve("user"));
  }

  /** What has to stand in known_hosts. */
  String line() throws IOException {
    String[] key = Files.readString(directory.resolve("host.pub")).strip().split(" ");
    return "[127.0.0.1]:" + port + " " + key[0] + " " + key[1];
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
