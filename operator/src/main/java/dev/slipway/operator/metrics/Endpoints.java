package dev.slipway.operator.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Executors;

/** Serves {@code /metrics}, {@code /healthz} and {@code /readyz}. */
public final class Endpoints implements AutoCloseable {
  private final HttpServer server;

  private Endpoints(HttpServer server) {
    this.server = server;
  }

  /**
   * Starts to serve.
   *
   * @param port the port; 0 for any free one
   * @param health what the two probes ask
   */
  public static Endpoints serve(int port, OperatorMetrics metrics, Health health) {
    try {
      HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.createContext("/metrics", e -> answer(e, 200, metrics.scrape()));
      server.createContext("/healthz", e -> probe(e, health.unhealthy()));
      server.createContext("/readyz", e -> probe(e, health.unready()));
      server.start();
      return new Endpoints(server);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "port " + port + " for metrics is not free; set --metrics-port", e);
    }
  }

  /** The port that is served. */
  public int port() {
    return server.getAddress().getPort();
  }

  private static void probe(HttpExchange exchange, Optional<String> trouble) throws IOException {
    answer(exchange, trouble.isEmpty() ? 200 : 503, trouble.orElse("ok") + "\n");
  }

  private static void answer(HttpExchange exchange, int code, String text) throws IOException {
    try (exchange) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
      exchange.sendResponseHeaders(code, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
