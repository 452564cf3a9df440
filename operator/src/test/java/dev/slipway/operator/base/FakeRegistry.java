package dev.slipway.operator.base;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A registry as far as a HEAD of a tag goes, over plain HTTP, with a token service in the same
 * place. It stores nothing, and knows neither blobs nor pushes.
 */
final class FakeRegistry implements AutoCloseable {
  private final HttpServer server;

  /** Repository and tag ({@code app:1}) to digest. */
  final Map<String, String> digests = new ConcurrentHashMap<>();

  /** Each request as {@code METHOD path authorization}. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  /** The login that is let in, as {@code Basic ...}; null lets everybody in. */
  volatile @Nullable String basic;

  /** Where tokens are to be had; null where a login is shown to the registry itself. */
  volatile @Nullable String realm;

  volatile boolean tellsDigest = true;
  volatile int status = 200;

  FakeRegistry() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  long asked(String method) {
    return requests.stream().filter(r -> r.startsWith(method + " ")).count();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().toString();
      String given =
          Objects.requireNonNullElse(exchange.getRequestHeaders().getFirst("Authorization"), "-");
      requests.add(exchange.getRequestMethod() + " " + path + " " + given);
      if (path.startsWith("/token")) {
        boolean known = basic == null || given.equals(basic);
        send(exchange, known ? 200 : 401, "{\"token\":\"t0ken\"}");
        return;
      }
      String wanted = realm != null ? "Bearer t0ken" : basic;
      if (wanted != null && !given.equals(wanted)) {
        exchange
            .getResponseHeaders()
            .add(
                "WWW-Authenticate",
                realm != null
                    ? "Bearer realm=\""
                        + realm
                        + "\",service=\"fake\",scope=\"repository:app:pull\""
                    : "Basic realm=\"fake\"");
        send(exchange, 401, "");
        return;
      }
      String name = path.replaceFirst("^/v2/", "").replace("/manifests/", ":");
      String digest = digests.get(name);
      if (status != 200 || digest == null) {
        send(exchange, status != 200 ? status : 404, "");
        return;
      }
      if (tellsDigest) {
        exchange.getResponseHeaders().add("Docker-Content-Digest", digest);
      }
      send(exchange, 200, "manifest");
    }
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    boolean none = exchange.getRequestMethod().equals("HEAD") || body.length == 0;
    exchange.sendResponseHeaders(status, none ? -1 : body.length);
    if (!none) {
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
