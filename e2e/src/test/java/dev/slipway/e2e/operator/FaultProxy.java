package dev.slipway.e2e.operator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Stands between one operator and the API server, counts the calls, and at one of them kills the
 * operator as far as the API server can tell: nothing of it arrives any more, and it hears nothing.
 * It can also hold back watches, so that caches stay as they are.
 */
final class FaultProxy implements AutoCloseable {
  private static final Set<String> HOP = Set.of("connection", "content-length", "host", "upgrade");

  private static final Pattern LIST = Pattern.compile(".*/namespaces/[^/]+/(imagebuilds|pods)");

  /** When the operator dies. */
  enum Cut {
    /** The call does not arrive. */
    BEFORE,
    /** The call arrives and is carried out; its answer is lost. */
    AFTER
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient back;
  private final Config target;
  private final String base;
  private final CountDownLatch dead = new CountDownLatch(1);
  private final ConcurrentLinkedQueue<String> calls = new ConcurrentLinkedQueue<>();

  private boolean armed; // guarded by this, as are the next two
  private int left;
  private Cut cut = Cut.BEFORE;
  private volatile boolean holdWatches;
  private volatile @Nullable Refusal podRefusal;
  private final Map<String, byte[]> lists = new ConcurrentHashMap<>();
  private final Map<String, byte[]> frozen = new ConcurrentHashMap<>();

  FaultProxy(Config target) {
    this.target = target;
    try {
      back =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .sslContext(SSLUtils.sslContext(target))
              .executor(threads)
              .build();
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    base = target.getMasterUrl().replaceAll("/$", "");
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /**
   * The way through this proxy. One failed call is one failed call: the client does not repeat it.
   */
  Config config() {
    return new ConfigBuilder(Config.empty())
        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
        .withNamespace(target.getNamespace())
        .withHttp2Disable(true)
        .withOnlyHttpWatches(true)
        .withRequestRetryBackoffLimit(0)
        .withMaxConcurrentRequests(256)
        .withMaxConcurrentRequestsPerHost(256)
        .build();
  }

  /** From here on calls count, and the operator dies at the {@code k}-th. */
  synchronized void killAt(int k, Cut when) {
    armed = true;
    left = k;
    cut = when;
  }

  /** Kills the operator now. */
  void kill() {
    dead.countDown();
  }

  /** Whether the operator has been killed. */
  boolean killed() {
    return dead.getCount() == 0;
  }

  boolean awaitKilled(long millis) throws InterruptedException {
    return dead.await(millis, TimeUnit.MILLISECONDS);
  }

  /** No pod is admitted, with these words, until {@link #admitPods}. */
  void refusePods(int code, String message) {
    podRefusal = new Refusal(code, message);
  }

  private record Refusal(int code, String message) {}

  void admitPods() {
    podRefusal = null;
  }

  /** What of a watch has not arrived by now does not arrive while this is on. */
  void holdWatches(boolean hold) {
    holdWatches = hold;
  }

  /**
   * Lists are answered as they are answered now, for as long as this proxy lives: an API server
   * that is behind, as one of several may be.
   */
  void freezeLists(Map<String, byte[]> then) {
    frozen.putAll(then);
  }

  /** The lists that went through, by path. */
  Map<String, byte[]> lists() {
    return Map.copyOf(lists);
  }

  /** The calls that counted, as "VERB path". */
  List<String> calls() {
    return List.copyOf(calls);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      URI uri = exchange.getRequestURI();
      boolean watch = uri.getQuery() != null && uri.getQuery().contains("watch=true");
      byte[] body = exchange.getRequestBody().readAllBytes();
      if (killed()) {
        return; // closes the connection without an answer
      }
      Refusal refusal = podRefusal;
      if (refusal != null && method.equals("POST") && uri.getPath().endsWith("/pods")) {
        refuse(exchange, refusal);
        return;
      }
      boolean last = count(method + " " + uri.getPath(), watch);
      if (last && cut == Cut.BEFORE) {
        kill();
        return;
      }
      HttpResponse<InputStream> answer = forward(exchange, method, uri, body);
      try (InputStream in = answer.body()) {
        if (last) {
          in.readAllBytes(); // it has been carried out
          kill();
          return;
        }
        answer(exchange, answer, in, watch);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void refuse(HttpExchange exchange, Refusal refusal) throws IOException {
    Status status =
        new StatusBuilder()
            .withStatus("Failure")
            .withReason(
                refusal.code() == HttpURLConnection.HTTP_FORBIDDEN ? "Forbidden" : "InternalError")
            .withCode(refusal.code())
            .withMessage(refusal.message())
            .build();
    byte[] bytes = Serialization.asJson(status).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(refusal.code(), bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  /** Whether this is the call to die at. Watches come back by themselves and do not count. */
  private synchronized boolean count(String call, boolean watch) {
    if (!armed || watch) {
      return false;
    }
    calls.add(call);
    return --left == 0;
  }

  private HttpResponse<InputStream> forward(
      HttpExchange exchange, String method, URI uri, byte[] body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + uri))
            .method(
                method,
                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
    for (Map.Entry<String, List<String>> header : exchange.getRequestHeaders().entrySet()) {
      if (!HOP.contains(header.getKey().toLowerCase(java.util.Locale.ROOT))) {
        header.getValue().forEach(value -> request.header(header.getKey(), value));
      }
    }
    if (target.getOauthToken() != null) {
      request.setHeader("Authorization", "Bearer " + target.getOauthToken());
    }
    return back.send(request.build(), BodyHandlers.ofInputStream());
  }

  private void answer(
      HttpExchange exchange, HttpResponse<InputStream> answer, InputStream in, boolean watch)
      throws IOException, InterruptedException {
    // A long answer comes compressed.
    for (String name : List.of("Content-Type", "Content-Encoding")) {
      answer
          .headers()
          .firstValue(name)
          .ifPresent(value -> exchange.getResponseHeaders().set(name, value));
    }
    if (!watch) {
      byte[] bytes = in.readAllBytes();
      String path = exchange.getRequestURI().getPath();
      if (exchange.getRequestMethod().equals("GET") && LIST.matcher(path).matches()) {
        lists.put(path, bytes);
        bytes = frozen.getOrDefault(path, bytes);
      }
      if (!killed()) {
        exchange.sendResponseHeaders(answer.statusCode(), bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
      }
      return;
    }
    exchange.sendResponseHeaders(answer.statusCode(), 0);
    Thread reader = Thread.currentThread();
    // A watch that is silent must end with the operator, too.
    Thread undertaker =
        Thread.ofVirtual()
            .start(() -> {
              try {
                dead.await();
                in.close();
                reader.interrupt();
              } catch (IOException | InterruptedException _) {
                // The watch ended by itself.
              }
            });
    try {
      OutputStream out = exchange.getResponseBody();
      out.flush();
      byte[] buffer = new byte[64 * 1024];
      for (int n = in.read(buffer); n >= 0 && !killed(); n = in.read(buffer)) {
        while (holdWatches && !killed()) {
          Thread.sleep(5);
        }
        out.write(buffer, 0, n);
        out.flush();
      }
    } finally {
      undertaker.interrupt();
    }
  }

  @Override
  public void close() {
    kill();
    server.stop(0);
    threads.shutdownNow();
    back.shutdownNow();
  }
}
