package dev.slipway.builder.registry;

import com.sun.net.httpserver.HttpExchange;
import dev.slipway.builder.registry.FakeRegistry.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Sends an answer, or what a fault leaves of it. */
final class FakeAnswer implements AutoCloseable {
  private final HttpExchange exchange;
  final @Nullable Fault fault;

  FakeAnswer(HttpExchange exchange, @Nullable Fault fault) {
    this.exchange = exchange;
    this.fault = fault;
  }

  void header(String name, String value) {
    exchange.getResponseHeaders().set(name, value);
  }

  void send(int status, String body) throws IOException {
    send(status, body.getBytes(StandardCharsets.UTF_8));
  }

  void send(int status, byte[] body) throws IOException {
    if (fault instanceof Fault.LoseAnswer) {
      return;
    }
    exchange.getRequestBody().readAllBytes();
    byte[] bytes = fault instanceof Fault.Change change ? change.change().apply(body) : body;
    if (exchange.getRequestMethod().equals("HEAD")) {
      header("Content-Length", Integer.toString(bytes.length));
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    int length =
        fault instanceof Fault.Truncate cut ? Math.min(cut.after(), bytes.length) : bytes.length;
    exchange.getResponseBody().write(bytes, 0, length);
    exchange.getResponseBody().flush();
  }

  @Override
  public void close() {
    // Closes the connection too where the announced answer was not sent.
    exchange.close();
  }
}
