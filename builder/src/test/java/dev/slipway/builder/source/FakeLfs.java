package dev.slipway.builder.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.builder.image.Digest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The read side of an LFS server: the batch API wherever a test puts it, and a store of objects on
 * a host of its own, which wants the header that the batch API gives out. Not modelled: uploads,
 * locks, other transfers than {@code basic}, refs.
 */
final class FakeLfs implements AutoCloseable {
  static final String KEY = "X-Store-Key";

  private static final ObjectMapper JSON = new ObjectMapper();

  final List<String> asked = new CopyOnWriteArrayList<>();
  final List<String> fetched = new CopyOnWriteArrayList<>();
  final List<JsonNode> questions = new CopyOnWriteArrayList<>();
  private final Map<String, byte[]> objects = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer store;

  /** What it wants to see, or nothing. */
  volatile @Nullable String authorization;

  /** Changes the answer about an object before it is sent. */
  volatile BiConsumer<String, ObjectNode> twist = (oid, answer) -> {};

  /** Answers a request to the store, if it returns true. */
  volatile Fault fault = exchange -> false;

  /** Answers a question of the batch API, if it returns true. */
  volatile Fault refusal = exchange -> false;

  interface Fault {
    boolean answers(HttpExchange exchange) throws IOException;
  }

  FakeLfs() throws IOException {
    store = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    store.setExecutor(threads);
    store.createContext("/", this::serve);
    store.start();
  }

  String storeUrl() {
    return "http://127.0.0.1:" + store.getAddress().getPort();
  }

  /** Keeps a content, and returns the pointer to it. */
  String put(String content) {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    String oid = Digest.sha256(bytes).hex();
    objects.put(oid, bytes);
    return pointer(oid, bytes.length);
  }

  void forget() {
    objects.clear();
  }

  static String pointer(String oid, long size) {
    return "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
        .formatted(oid, size);
  }

  /** The batch API. */
  void batch(HttpExchange exchange) throws IOException {
    try (exchange) {
      String shown = exchange.getRequestHeaders().getFirst("Authorization");
      asked.add(
          exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath() + " " + shown);
      byte[] body = exchange.getRequestBody().readAllBytes();
      if (refusal.answers(exchange)) {
        return;
      }
      String wanted = authorization;
      if (wanted != null && !wanted.equals(shown)) {
        answer(exchange, 401, "{\"message\": \"who are you?\"}");
        return;
      }
      JsonNode question = JSON.readTree(body);
      questions.add(question);
      ObjectNode answers = JSON.createObjectNode().put("transfer", "basic");
      var list = answers.putArray("objects");
      for (JsonNode object : question.path("objects")) {
        String oid = object.path("oid").asText();
        ObjectNode one = list.addObject().put("oid", oid).put("size", object.path("size").asLong());
        if (objects.containsKey(oid)) {
          ObjectNode action = one.putObject("actions").putObject("download");
          action.put("href", storeUrl() + "/" + oid).putObject("header").put(KEY, "open");
        } else {
          one.putObject("error").put("code", 404).put("message", "Object does not exist");
        }
        twist.accept(oid, one);
      }
      answer(exchange, 200, answers.toString());
    }
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      fetched.add(
          exchange.getRequestURI().getPath()
              + " "
              + exchange.getRequestHeaders().getFirst(KEY)
              + " "
              + exchange.getRequestHeaders().getFirst("Authorization"));
      if (fault.answers(exchange)) {
        return;
      }
      byte[] object = objects.get(exchange.getRequestURI().getPath().substring(1));
      if (object == null || !"open".equals(exchange.getRequestHeaders().getFirst(KEY))) {
        answer(exchange, 403, "no");
        return;
      }
      exchange.sendResponseHeaders(200, object.length == 0 ? -1 : object.length);
      exchange.getResponseBody().write(object);
    }
  }

  static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    store.stop(0);
    threads.close();
  }
}
