package dev.slipway.operator.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

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
   * @param ready whether informers are in sync
   */
  public static Endpoints serve(int port, OperatorMetrics metrics, BooleanSupplier ready) {
    try {
      HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.createContext("/metrics", e -> answer(e, 200, metrics.scrape()));
      server.createContext("/healthz", e -> answer(e, 200, "ok\n"));
      server.createContext(
          "/readyz",
          e -> {
            boolean is = ready.getAsBoolean();
            answer(e, is ? 200 : 503, is ? "ok\n" : "informers are not in sync\n");
          });
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
