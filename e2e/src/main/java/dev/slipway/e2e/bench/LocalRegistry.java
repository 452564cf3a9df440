package dev.slipway.e2e.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/** Debian's {@code docker-registry} with its data in a directory. */
final class LocalRegistry implements AutoCloseable {
  private static final String ACCEPT =
      "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json,"
          + " application/vnd.docker.distribution.manifest.v2+json,"
          + " application/vnd.docker.distribution.manifest.list.v2+json";

  private final Path data;
  private final Process process;
  private final int port;
  private final HttpClient http = HttpClient.newHttpClient();
  private Set<Path> kept = Set.of();

  LocalRegistry(Path work, Path data) throws IOException, InterruptedException {
    this.data = data;
    this.port = freePort();
    Path config =
        Files.writeString(
            work.resolve("registry.yml"),
            """
            version: 0.1
            log: {level: error, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}
            http: {addr: "127.0.0.1:%d"}
            """
                .formatted(data, port));
    process =
        Program.of("docker-registry", "serve", config.toString())
            .start(work.resolve("registry.log"));
    while (!answers()) {
      if (!process.isAlive()) {
        throw new IOException("docker-registry ended: " + work.resolve("registry.log"));
      }
      Thread.sleep(20);
    }
  }

  String host() {
    return "127.0.0.1:" + port;
  }

  private boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** The digest of an image that must be there. */
  String digest(String repository, String tag) throws IOException, InterruptedException {
    URI uri = URI.create("http://" + host() + "/v2/" + repository + "/manifests/" + tag);
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .method("HEAD", HttpRequest.BodyPublishers.noBody())
            .header("Accept", ACCEPT)
            .build();
    HttpResponse<Void> response = http.send(request, HttpResponse.BodyHandlers.discarding());
    return response
        .headers()
        .firstValue("Docker-Content-Digest")
        .orElseThrow(() -> new IOException(uri + " answered " + response.statusCode()));
  }

  /** Keeps what is there now through every {@link #forget}. */
  void keep() throws IOException {
    kept = new HashSet<>(contents());
  }

  /**
   * Forgets everything since {@link #keep}, so that each build pushes to a registry that has none
   * of its bytes. It caches nothing, so that its files can go while it runs.
   */
  void forget() throws IOException, InterruptedException {
    for (Path path : contents()) {
      if (!kept.contains(path)) {
        Program.of("rm", "-rf", path.toString()).run();
      }
    }
  }

  private Set<Path> contents() throws IOException {
    Path root = data.resolve("docker/registry/v2");
    Set<Path> found = new HashSet<>();
    for (Path two : list(root.resolve("blobs/sha256"))) {
      found.addAll(list(two));
    }
    for (Path group : list(root.resolve("repositories"))) {
      found.addAll(list(group));
    }
    return found;
  }

  private static Set<Path> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return Set.of();
    }
    try (Stream<Path> all = Files.list(directory)) {
      return new HashSet<>(all.toList());
    }
  }

  @Override
  public void close() {
    process.destroy();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
