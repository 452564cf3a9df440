package dev.slipway.builder.source;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.transport.PacketLineOut;
import org.eclipse.jgit.transport.RefAdvertiser.PacketLineOutRefAdvertiser;
import org.eclipse.jgit.transport.UploadPack;
import org.eclipse.jgit.transport.UploadPack.RequestPolicy;
import org.jspecify.annotations.Nullable;

/**
 * Git's smart http protocol, read side, over the JDK's http server and JGit's UploadPack. Not
 * modelled: pushes, the dumb protocol.
 */
final class GitServer implements AutoCloseable {
  private final HttpServer http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Path> repositories = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  volatile @Nullable String requiredAuthorization;
  volatile RequestPolicy policy = RequestPolicy.ANY;

  GitServer() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(threads);
    http.createContext("/", this::handle);
    http.start();
  }

  /** Serves a repository's {@code .git} under {@code /name}. */
  String serve(String name, Path gitDir) {
    repositories.put(name, gitDir);
    return url() + "/" + name;
  }

  void redirect(String from, String location) {
    http.createContext(
        "/" + from,
        exchange -> {
          String rest = exchange.getRequestURI().toString().substring(from.length() + 1);
          exchange.getResponseHeaders().add("Location", location + rest);
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
  }

  /** Answers below {@code path} in another way. */
  void handle(String path, HttpHandler handler) {
    http.createContext(path, handler);
  }

  String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  /** "METHOD path authorization" of each request so far. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String authorization = exchange.getRequestHeaders().getFirst("Authorization");
      requests.add(exchange.getRequestMethod() + " " + path + " " + authorization);
      String required = requiredAuthorization;
      if (required != null && !required.equals(authorization)) {
        exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"git\"");
        exchange.sendResponseHeaders(401, -1);
        return;
      }
      String name = path.substring(1).replaceAll("/(info/refs|git-upload-pack)$", "");
      Path gitDir = repositories.get(name);
      if (gitDir == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      try (Repository repository =
          new FileRepositoryBuilder().setGitDir(gitDir.toFile()).setMustExist(true).build()) {
        upload(exchange, repository, path.endsWith("/info/refs"));
      }
    }
  }

  private void upload(HttpExchange exchange, Repository repository, boolean advertise)
      throws IOException {
    UploadPack pack = new UploadPack(repository);
    pack.setBiDirectionalPipe(false);
    pack.setRequestPolicy(policy);
    String version = exchange.getRequestHeaders().getFirst("Git-Protocol");
    if (version != null) {
      pack.setExtraParameters(List.of(version.split(":")));
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    if (advertise) {
      exchange
          .getResponseHeaders()
          .add("Content-Type", "application/x-git-upload-pack-advertisement");
      PacketLineOut lines = new PacketLineOut(body);
      lines.writeString("# service=git-upload-pack\n");
      lines.end();
      pack.sendAdvertisedRefs(new PacketLineOutRefAdvertiser(lines), "git-upload-pack");
    } else {
      exchange.getResponseHeaders().add("Content-Type", "application/x-git-upload-pack-result");
      InputStream in = exchange.getRequestBody();
      if ("gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))) {
        in = new GZIPInputStream(in);
      }
      try {
        pack.upload(in, body, null);
      } catch (IOException e) {
        // The client learns of it from the body, where the protocol put it.
        body.writeBytes("".getBytes(StandardCharsets.US_ASCII));
      }
    }
    byte[] bytes = body.toByteArray();
    exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  @Override
  public void close() {
    http.stop(0);
    threads.close();
  }
}
