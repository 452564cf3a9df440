package dev.slipway.builder.training;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.builder.image.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Just enough of the distribution protocol for a push and a pull of small images by this program,
 * which checks what it gets itself. Everybody's blobs are everybody's.
 */
final class MemoryRegistry implements AutoCloseable {
  private static final Pattern PATH =
      Pattern.compile("/v2/(?<name>.+)/(?<what>manifests|blobs)/(?<reference>(?:uploads/)?[^/]*)");
  private static final Pattern DIGEST =
      Pattern.compile("(?:mount|digest)=(sha256(?::|%3A)[0-9a-f]+)");

  private final HttpServer server;
  private final Map<String, byte[]> manifests = new ConcurrentHashMap<>();
  private final Map<String, String> mediaTypes = new ConcurrentHashMap<>();
  private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
  private final Map<String, ByteArrayOutputStream> uploads = new ConcurrentHashMap<>();
  private final AtomicInteger lastUpload = new AtomicInteger();

  private MemoryRegistry(HttpServer server) {
    this.server = server;
  }

  /** Starts one on a free port of this machine. */
  static MemoryRegistry start() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    MemoryRegistry registry = new MemoryRegistry(server);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            registry.answer(exchange);
          }
        });
    server.start();
    return registry;
  }

  String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    Matcher path = PATH.matcher(exchange.getRequestURI().getPath());
    if (!path.matches()) {
      exchange.sendResponseHeaders(200, -1); // the question whether this is a registry
      return;
    }
    String repository = path.group("name") + "/";
    String reference = path.group("reference");
    boolean manifest = path.group("what").equals("manifests");
    switch (exchange.getRequestMethod()) {
      case "GET", "HEAD" -> {
        String key = repository + reference;
        String type = mediaTypes.getOrDefault(key, "application/octet-stream");
        send(exchange, type, manifest ? manifests.get(key) : blobs.get(reference));
      }
      case "POST" -> begin(exchange, repository);
      case "PATCH" -> append(exchange, reference, body);
      default -> {
        if (manifest) {
          put(exchange, repository, reference, body);
        } else {
          finish(exchange, reference, body);
        }
      }
    }
  }

  private static void send(HttpExchange exchange, String mediaType, byte @Nullable [] found)
      throws IOException {
    if (found == null) {
      exchange.sendResponseHeaders(404, -1);
      return;
    }
    Headers headers = exchange.getResponseHeaders();
    headers.add("Content-Type", mediaType);
    headers.add("Docker-Content-Digest", Digest.sha256(found).toString());
    if (exchange.getRequestMethod().equals("HEAD")) {
      headers.add("Content-Length", Integer.toString(found.length));
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    exchange.sendResponseHeaders(200, found.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(found);
    }
  }

  private void begin(HttpExchange exchange, String repository) throws IOException {
    String id = "uploads/" + lastUpload.incrementAndGet();
    uploads.put(id, new ByteArrayOutputStream());
    boolean there = digest(exchange).map(blobs::containsKey).orElse(false);
    exchange.getResponseHeaders().add("Location", "/v2/" + repository + "blobs/" + id);
    exchange.sendResponseHeaders(there ? 201 : 202, -1);
  }

  private void append(HttpExchange exchange, String id, byte[] body) throws IOException {
    upload(id).writeBytes(body);
    exchange.getResponseHeaders().add("Location", exchange.getRequestURI().getPath());
    exchange.getResponseHeaders().add("Range", "0-" + (upload(id).size() - 1));
    exchange.sendResponseHeaders(202, -1);
  }

  private void finish(HttpExchange exchange, String id, byte[] body) throws IOException {
    upload(id).writeBytes(body);
    byte[] whole = upload(id).toByteArray();
    blobs.put(digest(exchange).orElseThrow(), whole);
    exchange.sendResponseHeaders(201, -1);
  }

  private void put(HttpExchange exchange, String repository, String reference, byte[] body)
      throws IOException {
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
    for (String key : List.of(repository + reference, repository + Digest.sha256(body))) {
      manifests.put(key, body);
      mediaTypes.put(key, type);
    }
    exchange.sendResponseHeaders(201, -1);
  }

  private ByteArrayOutputStream upload(String id) throws IOException {
    ByteArrayOutputStream upload = uploads.get(id);
    if (upload == null) {
      throw new IOException("there is no upload " + id);
    }
    return upload;
  }

  private static Optional<String> digest(HttpExchange exchange) {
    String query = exchange.getRequestURI().getRawQuery();
    Matcher digest = DIGEST.matcher(query == null ? "" : query);
    return digest.find() ? Optional.of(digest.group(1).replace("%3A", ":")) : Optional.empty();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
