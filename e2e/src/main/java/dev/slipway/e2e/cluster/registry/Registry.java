package dev.slipway.e2e.cluster.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The distribution API (OCI distribution specification 1.1) over plain HTTP on the loopback
 * address: push in one piece or in chunks, mount, pull with ranges, tags, catalogue, referrers,
 * deletion.
 *
 * <p>Not modelled: TLS, bearer tokens and rights per repository (one user may do everything, or
 * anybody may), pagination, digests other than sha256, garbage collection, and anything that
 * outlives the process: an index of what is on disk is only kept in memory.
 */
public final class Registry implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Registry.class);
  private static final int MAX_MANIFEST = 4 << 20;
  private static final Pattern ROUTE =
      Pattern.compile(
          "/v2/(?<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)/"
              + "(?:(?<kind>manifests|blobs|referrers)/(?<reference>[^/]+)"
              + "|blobs/uploads/(?<upload>[^/]*)|(?<tags>tags/list))");
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d*)");

  static {
    System.setProperty("sun.net.httpserver.nodelay", "true"); // else 40 ms an answer
  }

  /** The one user of a registry. */
  public record Credentials(String user, String password) {
    private boolean matches(@Nullable String header) {
      String expected = user + ":" + password;
      String encoded =
          "Basic " + Base64.getEncoder().encodeToString(expected.getBytes(StandardCharsets.UTF_8));
      return header != null
          && MessageDigest.isEqual(
              header.getBytes(StandardCharsets.UTF_8), encoded.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
      return user;
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Content content;
  private final Manifests manifests;
  private final @Nullable Credentials credentials;

  private Registry(HttpServer server, Path directory, @Nullable Credentials credentials)
      throws IOException {
    this.server = server;
    this.credentials = credentials;
    content = new Content(directory);
    manifests = new Manifests(content);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** Starts a registry that anybody on this machine may use. */
  public static Registry start(Path directory) throws IOException {
    return start(directory, 0, null);
  }

  /** Starts a registry that wants a password. */
  public static Registry start(Path directory, Credentials credentials) throws IOException {
    return start(directory, 0, credentials);
  }

  /**
   * Starts a registry.
   *
   * @param directory where blobs go; created if need be
   * @param port 0 for a free one
   * @param credentials null to let everybody in
   */
  public static Registry start(Path directory, int port, @Nullable Credentials credentials)
      throws IOException {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    return new Registry(HttpServer.create(address, 0), directory, credentials);
  }

  /** {@code 127.0.0.1:PORT}, as in an image reference. */
  public String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      try {
        exchange.getResponseHeaders().set("Docker-Distribution-API-Version", "registry/2.0");
        authenticate(exchange);
        route(exchange);
      } catch (RegistryException e) {
        drain(exchange.getRequestBody());
        answer(exchange, e.status(), "application/json", e.body());
      } catch (RuntimeException e) {
        LOG.warn("{} {}", exchange.getRequestMethod(), exchange.getRequestURI(), e);
        exchange.sendResponseHeaders(500, -1);
      }
    } catch (IOException e) {
      LOG.debug("the client left: {}", e.getMessage());
    }
  }

  /**
   * A refusal in the middle of a small upload should reach the client, not break its connection.
   */
  private static void drain(InputStream body) throws IOException {
    byte[] buffer = new byte[8192];
    int reads = 0;
    while (reads < 1024 && body.read(buffer) >= 0) {
      reads++;
    }
  }

  private void authenticate(HttpExchange exchange) throws RegistryException {
    String header = exchange.getRequestHeaders().getFirst("Authorization");
    if (credentials != null && !credentials.matches(header)) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"slipway\"");
      throw new RegistryException(401, "UNAUTHORIZED", "authentication required");
    }
  }

  private void route(HttpExchange exchange) throws IOException, RegistryException {
    String path = exchange.getRequestURI().getPath();
    String method = exchange.getRequestMethod();
    if (path.equals("/v2/") || path.equals("/v2")) {
      answer(exchange, 200, "application/json", "{}");
      return;
    }
    if (path.equals("/v2/_catalog")) {
      answer(exchange, 200, "application/json", list("repositories", manifests.repositories()));
      return;
    }
    Matcher route = ROUTE.matcher(path);
    if (!route.matches()) {
      throw new RegistryException(404, "NAME_INVALID", "no such page: " + path);
    }
    String name = route.group("name");
    String reference = route.group("reference");
    if (route.group("tags") != null) {
      String tags = list("tags", manifests.tags(name));
      answer(exchange, 200, "application/json", "{\"name\":\"" + name + "\"," + tags.substring(1));
    } else if (route.group("upload") != null) {
      upload(exchange, method, name, route.group("upload"));
    } else if (route.group("kind").equals("manifests")) {
      manifest(exchange, method, name, reference);
    } else if (route.group("kind").equals("blobs")) {
      blob(exchange, method, name, Content.checked(reference));
    } else {
      String index = manifests.referrers(name, Content.checked(reference)).toString();
      answer(exchange, 200, Manifests.INDEX, index);
    }
  }

  private static String list(String field, List<String> values) {
    return values.stream()
        .map(value -> "\"" + value + "\"")
        .collect(Collectors.joining(",", "{\"" + field + "\":[", "]}"));
  }

  private void upload(HttpExchange exchange, String method, String name, String id)
      throws IOException, RegistryException {
    Map<String, String> query = query(exchange);
    if (method.equals("POST") && id.isEmpty()) {
      begin(exchange, name, query);
      return;
    }
    Content.Upload upload = content.upload(name, id);
    switch (method) {
      case "GET" -> progress(exchange, name, upload, 204);
      case "PATCH" -> {
        checkOffset(exchange, upload);
        upload.append(exchange.getRequestBody());
        progress(exchange, name, upload, 202);
      }
      case "PUT" -> {
        checkOffset(exchange, upload);
        upload.append(exchange.getRequestBody());
        content.finish(upload, query.getOrDefault("digest", ""));
        created(exchange, name, "blobs", query.getOrDefault("digest", ""));
      }
      case "DELETE" -> {
        content.cancel(upload);
        exchange.sendResponseHeaders(204, -1);
      }
      default -> throw unsupported(method);
    }
  }

  private void begin(HttpExchange exchange, String name, Map<String, String> query)
      throws IOException, RegistryException {
    String mount = query.getOrDefault("mount", "");
    if (!mount.isEmpty() && content.mount(query.getOrDefault("from", ""), name, mount)) {
      created(exchange, name, "blobs", mount);
      return;
    }
    Content.Upload upload = content.begin(name);
    upload.append(exchange.getRequestBody());
    String digest = query.getOrDefault("digest", "");
    if (digest.isEmpty()) {
      progress(exchange, name, upload, 202);
    } else {
      content.finish(upload, digest);
      created(exchange, name, "blobs", digest);
    }
  }

  /** A chunk that says where it belongs must follow the one before. */
  private static void checkOffset(HttpExchange exchange, Content.Upload upload)
      throws RegistryException {
    String range = exchange.getRequestHeaders().getFirst("Content-Range");
    if (range != null && !range.startsWith(upload.length() + "-")) {
      throw new RegistryException(
          416, "BLOB_UPLOAD_INVALID", "the upload continues at " + upload.length());
    }
  }

  private static void progress(
      HttpExchange exchange, String name, Content.Upload upload, int status) throws IOException {
    exchange.getResponseHeaders().set("Location", "/v2/" + name + "/blobs/uploads/" + upload.id());
    exchange.getResponseHeaders().set("Docker-Upload-UUID", upload.id());
    exchange.getResponseHeaders().set("Range", "0-" + Math.max(0, upload.length() - 1));
    exchange.sendResponseHeaders(status, -1);
  }

  private static void created(HttpExchange exchange, String name, String kind, String digest)
      throws IOException {
    exchange.getResponseHeaders().set("Location", "/v2/" + name + "/" + kind + "/" + digest);
    exchange.getResponseHeaders().set("Docker-Content-Digest", digest);
    exchange.sendResponseHeaders(201, -1);
  }

  private void manifest(HttpExchange exchange, String method, String name, String reference)
      throws IOException, RegistryException {
    switch (method) {
      case "GET", "HEAD" -> {
        Manifests.Manifest manifest = manifests.get(name, reference);
        exchange.getResponseHeaders().set("Docker-Content-Digest", manifest.digest());
        exchange.getResponseHeaders().set("ETag", "\"" + manifest.digest() + "\"");
        answer(exchange, 200, manifest.mediaType(), manifest.bytes());
      }
      case "PUT" -> {
        byte[] bytes = exchange.getRequestBody().readNBytes(MAX_MANIFEST + 1);
        if (bytes.length > MAX_MANIFEST) {
          throw new RegistryException(413, "MANIFEST_INVALID", "the manifest exceeds 4 MiB");
        }
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        Manifests.Manifest manifest =
            manifests.put(name, reference, type == null ? Manifests.INDEX : type, bytes);
        created(exchange, name, "manifests", manifest.digest());
      }
      case "DELETE" -> {
        manifests.delete(name, reference);
        exchange.sendResponseHeaders(202, -1);
      }
      default -> throw unsupported(method);
    }
  }

  private void blob(HttpExchange exchange, String method, String name, String digest)
      throws IOException, RegistryException {
    Path file = content.find(name, digest);
    if (file == null) {
      throw new RegistryException(404, "BLOB_UNKNOWN", "blob unknown to registry: " + digest);
    }
    switch (method) {
      case "GET", "HEAD" -> send(exchange, file, digest);
      case "DELETE" -> {
        content.unlink(name, digest);
        exchange.sendResponseHeaders(202, -1);
      }
      default -> throw unsupported(method);
    }
  }

  private static void send(HttpExchange exchange, Path file, String digest)
      throws IOException, RegistryException {
    long size = Files.size(file);
    long from = 0;
    long to = size - 1;
    String range = exchange.getRequestHeaders().getFirst("Range");
    Matcher wanted = RANGE.matcher(range == null ? "" : range);
    boolean partial = wanted.matches();
    if (partial) {
      from = Long.parseLong(wanted.group(1));
      to = wanted.group(2).isEmpty() ? to : Math.min(to, Long.parseLong(wanted.group(2)));
      if (from > to) {
        exchange.getResponseHeaders().set("Content-Range", "bytes */" + size);
        throw new RegistryException(416, "RANGE_INVALID", "the blob has " + size + " bytes");
      }
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(from, to, size));
    }
    exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
    exchange.getResponseHeaders().set("Docker-Content-Digest", digest);
    exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
    long length = to - from + 1;
    if (exchange.getRequestMethod().equals("HEAD") || length == 0) {
      exchange.getResponseHeaders().set("Content-Length", Long.toString(length));
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    exchange.sendResponseHeaders(partial ? 206 : 200, length);
    try (FileChannel channel = FileChannel.open(file).position(from);
        InputStream in = Channels.newInputStream(channel);
        OutputStream out = exchange.getResponseBody()) {
      byte[] buffer = new byte[64 * 1024];
      for (long left = length; left > 0; ) {
        int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (read < 0) {
          throw new IOException("the blob is shorter than it was");
        }
        out.write(buffer, 0, read);
        left -= read;
      }
    }
  }

  private static RegistryException unsupported(String method) {
    return new RegistryException(405, "UNSUPPORTED", method + " is not supported here");
  }

  private static Map<String, String> query(HttpExchange exchange) {
    Map<String, String> query = new HashMap<>();
    String raw = exchange.getRequestURI().getRawQuery();
    for (String pair : raw == null ? new String[0] : raw.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        query.put(
            pair.substring(0, equals),
            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  private static void answer(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    answer(exchange, status, type, body.getBytes(StandardCharsets.UTF_8));
  }

  private static void answer(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
