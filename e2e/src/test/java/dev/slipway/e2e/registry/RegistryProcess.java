package dev.slipway.e2e.registry;

import dev.slipway.builder.image.ImageReference;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A real registry, run from an installed program, with its data in a directory of the test. */
public final class RegistryProcess implements AutoCloseable {

  private static final Pattern ACCESS =
      Pattern.compile("\"([A-Z]+) (/v2/\\S+) HTTP/1.1\" (\\d+) (\\d+) ");

  private final List<String> command;
  private final Path log;
  private final int port;
  private Process process;

  private RegistryProcess(List<String> command, Path log, int port) throws IOException {
    this.command = command;
    this.log = log;
    this.port = port;
    this.process = launch();
  }

  /** Debian's {@code docker-registry}. */
  public static RegistryProcess dockerRegistry(Path directory, @Nullable Path htpasswd)
      throws IOException {
    String auth =
        htpasswd == null ? "" : "auth: {htpasswd: {realm: test, path: " + htpasswd + "}}\n";
    return dockerRegistry(directory, "127.0.0.1", "", auth, false);
  }

  /** The same, on all addresses of this machine, for pods. */
  public static RegistryProcess dockerRegistryForPods(Path directory) throws IOException {
    return dockerRegistry(directory, "", "", "", false);
  }

  /** The same with a password. */
  public static RegistryProcess dockerRegistryForPods(Path directory, Path htpasswd)
      throws IOException {
    String auth = "auth: {htpasswd: {realm: test, path: " + htpasswd + "}}\n";
    return dockerRegistry(directory, "", "", auth, false);
  }

  /** The same without a password; {@link #requests} tells what it was asked. */
  public static RegistryProcess countingDockerRegistry(Path directory) throws IOException {
    return dockerRegistry(directory, "127.0.0.1", "", "", true);
  }

  /** The same, on all addresses of this machine and over TLS. */
  public static RegistryProcess dockerRegistryOverTls(Path directory, Path certificate, Path key)
      throws IOException {
    return dockerRegistry(
        directory, "", ", tls: {certificate: %s, key: %s}".formatted(certificate, key), "", false);
  }

  private static RegistryProcess dockerRegistry(
      Path directory, String address, String tls, String auth, boolean counted) throws IOException {
    int port = freePort();
    Path config =
        Files.writeString(
            directory.resolve("config.yml"),
            """
            version: 0.1
            log: {level: error, accesslog: {disabled: %s}}
            storage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}
            http: {addr: "%s:%d"%s}
            %s\
            """
                .formatted(!counted, directory.resolve("data"), address, port, tls, auth));
    return new RegistryProcess(
        List.of("docker-registry", "serve", config.toString()),
        directory.resolve("registry.log"),
        port);
  }

  /** <a href="https://zotregistry.dev">zot</a>. */
  static RegistryProcess zot(Path directory) throws IOException {
    int port = freePort();
    Path config =
        Files.writeString(
            directory.resolve("config.json"),
            """
            {"storage": {"rootDirectory": "%s"},
             "http": {"address": "127.0.0.1", "port": "%d", "compat": ["docker2s2"]},
             "log": {"level": "error"}}\
            """
                .formatted(directory.resolve("data"), port));
    return new RegistryProcess(
        List.of("zot", "serve", config.toString()), directory.resolve("registry.log"), port);
  }

  public int port() {
    return port;
  }

  public String host() {
    return "127.0.0.1:" + port;
  }

  ImageReference reference(String rest) {
    return ImageReference.parse(host() + "/" + rest);
  }

  /**
   * A request that was answered.
   *
   * @param bytes of the body of the answer
   */
  public record Request(String method, String path, int status, long bytes) {}

  /** What was asked since {@code since} requests, in order. */
  public List<Request> requests(int since) throws IOException {
    return Files.readAllLines(log).stream()
        .map(ACCESS::matcher)
        .filter(Matcher::find)
        .map(line ->
            new Request(
                line.group(1),
                line.group(2),
                Integer.parseInt(line.group(3)),
                Long.parseLong(line.group(4))))
        .skip(since)
        .toList();
  }

  /** Ends the process without notice, as a crash or an eviction would. */
  public void kill() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Starts it again with the same data at the same place. */
  public void restart() {
    try {
      process = launch();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    kill();
  }

  private Process launch() throws IOException {
    Process started =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> {
          if (!started.isAlive()) {
            throw new AssertionError(command + " ended:\n" + Files.readString(log));
          }
          try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
          } catch (IOException e) {
            return false;
          }
        });
    return started;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
