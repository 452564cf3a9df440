package dev.slipway.builder.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.ImageReference;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A registry in memory, with faults on request. It speaks the distribution protocol as
 * docker-registry does where the two differ from the specification.
 *
 * <p>Not modelled: garbage collection, quotas, the catalog, minimum sizes of chunks, schema 1,
 * checks that a manifest's blobs are there, concurrent writes to one upload. Uploads are kept in
 * memory, so it is for small things. The end-to-end tests hold the same expectations against real
 * registries.
 */
public final class FakeRegistry implements AutoCloseable {

  /** What is done to one request instead of answering it properly. */
  public sealed interface Fault {
    /** The connection is closed without an answer. */
    record Drop() implements Fault {}

    /** The connection is closed after the request was carried out: the answer is lost. */
    record LoseAnswer() implements Fault {}

    /** The connection is closed after this many bytes of the request's body arrived. */
    record DropUpload(int after) implements Fault {}

    /** An answer without effect. */
    record Status(int status, Map<String, String> headers) implements Fault {}

    /** The body of the answer ends early. */
    record Truncate(int after) implements Fault {}

    /** The body of the answer is changed. */
    record Change(UnaryOperator<byte[]> change) implements Fault {}

    /** Nothing happens for a while. */
    record Stall(long millis) implements Fault {}
  }

  /** Chooses a fault for a request, or none. */
  public interface Faults {
    @Nullable Fault forRequest(Seen request);
  }

  /** A request as it arrived; {@code number} counts from 1. */
  public record Seen(int number, String method, String path, Map<String, String> headers) {
    String header(String name) {
      return headers.getOrDefault(name.toLowerCase(java.util.Locale.ROOT), "");
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final FakeContent content = new FakeContent();
  private final FakeTokens tokens = new FakeTokens();
  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final AtomicInteger counter = new AtomicInteger();
  private volatile Faults faults = request -> null;

  private FakeRegistry(HttpServer server) {
    this.server = server;
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  public static FakeRegistry start() {
    try {
      return new FakeRegistry(HttpServer.create(loopback(), 0));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public static FakeRegistry startTls(SSLContext context) throws IOException {
    HttpsServer server = HttpsServer.create(loopback(), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    return new FakeRegistry(server);
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  /** {@code 127.0.0.1:PORT}. */
  public String host() {
    return "127.0.0.1:" + port();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public ImageReference reference(String rest) {
    return ImageReference.parse(host() + "/" + rest);
  }

  /** All requests, in the order in which they came. */
  public List<Seen> seen() {
    return List.copyOf(seen);
  }

  /** Requests as {@code METHOD /path}, without the query. */
  public List<String> log() {
    return seen.stream().map(s -> s.method() + " " + s.path().replaceAll("\\?.*", "")).toList();
  }

  public void forgetSeen() {
    seen.clear();
  }

  public byte @Nullable [] blob(String repository, Digest digest) {
    return content.blobs.getOrDefault(repository, Map.of()).get(digest.toString());
  }

  public byte @Nullable [] manifest(String repository, String tagOrDigest) {
    FakeContent.Stored stored =
        content.manifests.getOrDefault(repository, Map.of()).get(tagOrDigest);
    return stored == null ? null : stored.bytes();
  }

  public void addBlob(String repository, byte[] bytes) {
    content.repository(repository).put(Digest.sha256(bytes).toString(), bytes);
  }

  public void addManifest(String repository, String tag, String mediaType, byte[] bytes) {
    content.addManifest(repository, tag, mediaType, bytes);
  }

  public int openUploads() {
    return content.uploads.size();
  }

  public FakeRegistry faults(Faults value) {
    faults = value;
    return this;
  }

  /** Asks for this login with every request. */
  public FakeRegistry basic(String user, String password) {
    tokens.basic =
        "Basic "
            + Base64.getEncoder()
                .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /** Asks for tokens, which its own service gives to those with the login, if there is one. */
  public FakeRegistry tokens() {
    tokens.realm = "http://" + host() + "/token";
    return this;
  }

  public FakeRegistry realm(String value) {
    tokens.realm = value;
    return this;
  }

  public FakeRegistry identityToken(String value) {
    tokens.identityToken = value;
    return this;
  }

  /** Gives no tokens at all to those who ask for this among others. */
  public FakeRegistry refuseScope(String value) {
    tokens.refusedScope = value;
    return this;
  }

  public FakeRegistry tokenSeconds(int value) {
    tokens.seconds = value;
    return this;
  }

  public void revokeTokens() {
    tokens.revoke();
  }

  /** Sends readers of blobs to another place. */
  public FakeRegistry blobsAt(String base) {
    content.blobHost = base;
    return this;
  }

  public FakeRegistry withoutRanges() {
    content.ranges = false;
    return this;
  }

  public FakeRegistry withoutMounts() {
    content.mounts = false;
    return this;
  }

  public FakeRegistry withoutReferrers() {
    content.referrersApi = false;
    return this;
  }

  public FakeRegistry pageSize(int value) {
    content.pageSize = value;
    return this;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    Map<String, String> headers = new HashMap<>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) ->
            headers.put(name.toLowerCase(java.util.Locale.ROOT), values.getFirst()));
    String query = exchange.getRequestURI().getRawQuery();
    String path = exchange.getRequestURI().getRawPath();
    Seen request =
        new Seen(
            counter.incrementAndGet(),
            exchange.getRequestMethod(),
            query == null ? path : path + "?" + query,
            headers);
    seen.add(request);
    Fault fault = faults.forRequest(request);
    try (FakeAnswer answer = new FakeAnswer(exchange, fault)) {
      switch (fault) {
        case Fault.Drop _ -> {
          return;
        }
        case Fault.Status status -> {
          status.headers.forEach(answer::header);
          answer.send(
              status.status, "{\"errors\":[{\"code\":\"FAULT\",\"message\":\"on request\"}]}");
          return;
        }
        case Fault.Stall stall -> Thread.sleep(stall.millis);
        case null, default -> {}
      }
      if (path.equals("/token")) {
        tokens.token(exchange, request, parameters(query), answer);
      } else if (tokens.authorized(request, answer)) {
        content.route(exchange, request, path, parameters(query), answer);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static Map<String, String> parameters(@Nullable String query) {
    Map<String, String> map = new LinkedHashMap<>();
    for (String pair : query == null ? new String[0] : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        map.merge(
            pair.substring(0, equals),
            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8),
            (one, other) -> one + " " + other);
      }
    }
    return map;
  }
}
