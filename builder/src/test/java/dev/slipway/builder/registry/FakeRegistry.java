package dev.slipway.builder.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.ImageReference;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  private record Stored(String mediaType, byte[] bytes) {}

  private static final Pattern PATH =
      Pattern.compile("/v2/(.+)/(blobs|manifests|tags|referrers)/(.+)");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Map<String, byte[]>> blobs = new ConcurrentHashMap<>();
  private final Map<String, Map<String, Stored>> manifests = new ConcurrentHashMap<>();
  private final Map<String, ByteArrayOutputStream> uploads = new ConcurrentHashMap<>();
  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final AtomicInteger counter = new AtomicInteger();
  private final Map<String, String> tokens = new ConcurrentHashMap<>();

  private volatile Faults faults = request -> null;
  private volatile @Nullable String basic;
  private volatile @Nullable String realm;
  private volatile @Nullable String identityToken;
  private volatile @Nullable String blobHost;
  private volatile @Nullable String refusedScope;
  private volatile boolean ranges = true;
  private volatile boolean mounts = true;
  private volatile boolean referrersApi = true;
  private volatile int tokenSeconds = 300;
  private volatile int pageSize = 100;

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
    return blobs.getOrDefault(repository, Map.of()).get(digest.toString());
  }

  public byte @Nullable [] manifest(String repository, String tagOrDigest) {
    Stored stored = manifests.getOrDefault(repository, Map.of()).get(tagOrDigest);
    return stored == null ? null : stored.bytes;
  }

  public void addBlob(String repository, byte[] bytes) {
    repository(repository).put(Digest.sha256(bytes).toString(), bytes);
  }

  public void addManifest(String repository, String tag, String mediaType, byte[] bytes) {
    Map<String, Stored> all = manifests.computeIfAbsent(repository, r -> new ConcurrentHashMap<>());
    all.put(tag, new Stored(mediaType, bytes));
    all.put(Digest.sha256(bytes).toString(), new Stored(mediaType, bytes));
  }

  public int openUploads() {
    return uploads.size();
  }

  public FakeRegistry faults(Faults value) {
    faults = value;
    return this;
  }

  /** Asks for this login with every request. */
  public FakeRegistry basic(String user, String password) {
    basic =
        "Basic "
            + Base64.getEncoder()
                .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    return this;
  }

  /** Asks for tokens, which its own service gives to those with the login, if there is one. */
  public FakeRegistry tokens() {
    realm = "http://" + host() + "/token";
    return this;
  }

  public FakeRegistry realm(String value) {
    realm = value;
    return this;
  }

  public FakeRegistry identityToken(String value) {
    identityToken = value;
    return this;
  }

  /** Gives no tokens at all to those who ask for this among others. */
  public FakeRegistry refuseScope(String value) {
    refusedScope = value;
    return this;
  }

  public FakeRegistry tokenSeconds(int value) {
    tokenSeconds = value;
    return this;
  }

  public void revokeTokens() {
    tokens.clear();
  }

  /** Sends readers of blobs to another place. */
  public FakeRegistry blobsAt(String base) {
    blobHost = base;
    return this;
  }

  public FakeRegistry withoutRanges() {
    ranges = false;
    return this;
  }

  public FakeRegistry withoutMounts() {
    mounts = false;
    return this;
  }

  public FakeRegistry withoutReferrers() {
    referrersApi = false;
    return this;
  }

  public FakeRegistry pageSize(int value) {
    pageSize = value;
    return this;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private Map<String, byte[]> repository(String name) {
    return blobs.computeIfAbsent(name, r -> new ConcurrentHashMap<>());
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
    try (Answer answer = new Answer(exchange, fault)) {
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
        token(exchange, request, parameters(query), answer);
      } else if (authorized(request, answer)) {
        route(exchange, request, path, parameters(query), answer);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean authorized(Seen request, Answer answer) throws IOException {
    String given = request.header("Authorization");
    if (realm != null) {
      String scopes = tokens.get(given);
      if (scopes != null && covers(scopes, request)) {
        return true;
      }
      answer.header(
          "WWW-Authenticate",
          "Bearer realm=\"" + realm + "\",service=\"fake, with comma\",scope=\"ignored\"");
    } else if (basic == null || basic.equals(given)) {
      return true;
    } else {
      answer.header("WWW-Authenticate", "Basic realm=\"fake\"");
    }
    answer.send(
        401, "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"authentication required\"}]}");
    return false;
  }

  private static boolean covers(String scopes, Seen request) {
    Matcher matcher = PATH.matcher(request.path());
    if (!matcher.matches()) {
      return true;
    }
    boolean read = request.method().equals("GET") || request.method().equals("HEAD");
    String repository = "repository:" + matcher.group(1) + ":";
    return Arrays.stream(scopes.split(" ", -1))
        .anyMatch(
            s -> s.startsWith(repository) && (read || s.contains("push") || s.contains("delete")));
  }

  private void token(HttpExchange exchange, Seen request, Map<String, String> query, Answer answer)
      throws IOException {
    String scopes;
    if (request.method().equals("POST")) {
      Map<String, String> form =
          parameters(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      if (identityToken == null || !identityToken.equals(form.get("refresh_token"))) {
        answer.send(401, "{}");
        return;
      }
      scopes = form.getOrDefault("scope", "");
    } else {
      if (basic != null && !basic.equals(request.header("Authorization"))) {
        answer.send(401, "{\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"bad login\"}]}");
        return;
      }
      scopes = query.getOrDefault("scope", "");
    }
    if (refusedScope != null && scopes.contains(refusedScope)) {
      answer.send(403, "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"not there\"}]}");
      return;
    }
    String token = "token-" + counter.get();
    tokens.put("Bearer " + token, scopes);
    answer.send(200, "{\"token\":\"%s\",\"expires_in\":%d}".formatted(token, tokenSeconds));
  }

  private void route(
      HttpExchange exchange, Seen request, String path, Map<String, String> query, Answer answer)
      throws IOException {
    Matcher matcher = PATH.matcher(path);
    if (path.equals("/v2/")) {
      answer.send(200, "{}");
    } else if (path.startsWith("/blob-store/")) {
      String digest = path.substring("/blob-store/".length());
      byte[] bytes =
          blobs.values().stream()
              .map(all -> all.get(digest))
              .filter(java.util.Objects::nonNull)
              .findFirst()
              .orElse(null);
      sendBlob(request, bytes, answer);
    } else if (path.matches("/v2/.+/blobs/uploads/")) {
      startUpload(path.substring(4, path.length() - "/blobs/uploads/".length()), query, answer);
    } else if (!matcher.matches()) {
      answer.send(404, "{}");
    } else if (matcher.group(3).startsWith("uploads/")) {
      upload(exchange, request, matcher.group(1), matcher.group(3), query, answer);
    } else {
      switch (matcher.group(2)) {
        case "blobs" -> blob(request, matcher.group(1), matcher.group(3), answer);
        case "manifests" -> manifest(exchange, request, matcher.group(1), matcher.group(3), answer);
        case "tags" -> tags(matcher.group(1), query, answer);
        default -> referrers(matcher.group(1), matcher.group(3), answer);
      }
    }
  }

  private void blob(Seen request, String repository, String digest, Answer answer)
      throws IOException {
    byte[] bytes = blobs.getOrDefault(repository, Map.of()).get(digest);
    if (bytes != null && blobHost != null && request.method().equals("GET")) {
      answer.header("Location", blobHost + "/blob-store/" + digest);
      answer.send(307, "");
      return;
    }
    answer.header("Docker-Content-Digest", digest);
    sendBlob(request, bytes, answer);
  }

  private void sendBlob(Seen request, byte @Nullable [] bytes, Answer answer) throws IOException {
    if (bytes == null) {
      answer.send(404, "{\"errors\":[{\"code\":\"BLOB_UNKNOWN\",\"message\":\"blob unknown\"}]}");
      return;
    }
    String range = request.header("Range");
    if (ranges && range.startsWith("bytes=")) {
      int from = Integer.parseInt(range.substring(6, range.length() - 1));
      answer.header(
          "Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
      answer.send(206, Arrays.copyOfRange(bytes, from, bytes.length));
    } else {
      answer.send(200, bytes);
    }
  }

  private void startUpload(String repository, Map<String, String> query, Answer answer)
      throws IOException {
    String mount = query.get("mount");
    if (mount != null && mounts) {
      byte[] bytes = blobs.getOrDefault(query.getOrDefault("from", ""), Map.of()).get(mount);
      if (bytes != null) {
        repository(repository).put(mount, bytes);
        answer.header("Docker-Content-Digest", mount);
        answer.send(201, "");
        return;
      }
    }
    String id = "u" + counter.get();
    uploads.put(id, new ByteArrayOutputStream());
    answer.header("Location", "/v2/" + repository + "/blobs/uploads/" + id + "?_state=s0");
    answer.send(202, "");
  }

  private void upload(
      HttpExchange exchange,
      Seen request,
      String repository,
      String rest,
      Map<String, String> query,
      Answer answer)
      throws IOException {
    String id = rest.substring("uploads/".length());
    ByteArrayOutputStream upload = uploads.get(id);
    if (upload == null) {
      answer.send(404, "{\"errors\":[{\"code\":\"BLOB_UPLOAD_UNKNOWN\",\"message\":\"gone\"}]}");
      return;
    }
    String place = "/v2/" + repository + "/blobs/uploads/" + id;
    switch (request.method()) {
      case "GET" -> {
        answer.header("Location", place + "?_state=s" + upload.size());
        answer.header("Range", "0-" + Math.max(0, upload.size() - 1));
        answer.send(204, "");
      }
      case "DELETE" -> {
        uploads.remove(id);
        answer.send(204, "");
      }
      case "PATCH" -> {
        String range = request.header("Content-Range");
        if (!range.isEmpty() && !range.startsWith(upload.size() + "-")) {
          answer.send(416, "{}");
          return;
        }
        if (!receive(exchange, upload, answer)) {
          return;
        }
        answer.header("Location", place + "?_state=s" + upload.size());
        answer.header("Range", "0-" + (upload.size() - 1));
        answer.send(202, "");
      }
      case "PUT" -> {
        if (!receive(exchange, upload, answer)) {
          return;
        }
        Digest digest = Digest.sha256(upload.toByteArray());
        if (!digest.toString().equals(query.get("digest"))) {
          answer.send(
              400, "{\"errors\":[{\"code\":\"DIGEST_INVALID\",\"message\":\"does not match\"}]}");
          return;
        }
        uploads.remove(id);
        repository(repository).put(digest.toString(), upload.toByteArray());
        answer.header("Docker-Content-Digest", digest.toString());
        answer.send(201, "");
      }
      default -> answer.send(405, "{}");
    }
  }

  /** Takes a body, whole or as far as a fault lets it. */
  private static boolean receive(HttpExchange exchange, ByteArrayOutputStream upload, Answer answer)
      throws IOException {
    InputStream in = exchange.getRequestBody();
    if (answer.fault instanceof Fault.DropUpload drop) {
      upload.write(in.readNBytes(drop.after));
      return false;
    }
    in.transferTo(upload);
    return true;
  }

  private void manifest(
      HttpExchange exchange, Seen request, String repository, String name, Answer answer)
      throws IOException {
    Map<String, Stored> all = manifests.computeIfAbsent(repository, r -> new ConcurrentHashMap<>());
    Stored stored = all.get(name);
    switch (request.method()) {
      case "PUT" -> {
        byte[] bytes = exchange.getRequestBody().readAllBytes();
        Digest digest = Digest.sha256(bytes);
        if (name.startsWith("sha256:") && !name.equals(digest.toString())) {
          answer.send(400, "{\"errors\":[{\"code\":\"DIGEST_INVALID\",\"message\":\"\"}]}");
          return;
        }
        addManifest(repository, name, request.header("Content-Type"), bytes);
        answer.header("Docker-Content-Digest", digest.toString());
        answer.send(201, "");
      }
      case "DELETE" -> {
        all.remove(name);
        answer.send(stored == null ? 404 : 202, "");
      }
      default -> {
        if (stored == null) {
          answer.send(404, "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"\"}]}");
          return;
        }
        answer.header("Content-Type", stored.mediaType);
        answer.header("Docker-Content-Digest", Digest.sha256(stored.bytes).toString());
        answer.send(200, stored.bytes);
      }
    }
  }

  private void tags(String repository, Map<String, String> query, Answer answer)
      throws IOException {
    List<String> all =
        new ArrayList<>(manifests.getOrDefault(repository, Map.of()).keySet())
            .stream()
                .filter(name -> !name.startsWith("sha256:"))
                .filter(name -> name.compareTo(query.getOrDefault("last", "")) > 0)
                .sorted()
                .toList();
    if (!manifests.containsKey(repository)) {
      answer.send(404, "{}");
      return;
    }
    List<String> page = all.subList(0, Math.min(pageSize, all.size()));
    if (page.size() < all.size()) {
      answer.header(
          "Link", "</v2/" + repository + "/tags/list?last=" + page.getLast() + ">; rel=\"next\"");
    }
    answer.send(
        200,
        "{\"name\":\"%s\",\"tags\":[%s]}"
            .formatted(
                repository, String.join(",", page.stream().map(t -> "\"" + t + "\"").toList())));
  }

  private void referrers(String repository, String digest, Answer answer) throws IOException {
    if (!referrersApi) {
      answer.send(404, "{}");
      return;
    }
    List<String> entries = new ArrayList<>();
    manifests
        .getOrDefault(repository, Map.of())
        .forEach((name, stored) -> {
          String text = new String(stored.bytes, StandardCharsets.UTF_8);
          if (name.startsWith("sha256:") && text.contains("\"subject\"") && text.contains(digest)) {
            entries.add(
                "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
                    .formatted(stored.mediaType, name, stored.bytes.length));
          }
        });
    answer.header("Content-Type", "application/vnd.oci.image.index.v1+json");
    answer.send(200, "{\"schemaVersion\":2,\"manifests\":[" + String.join(",", entries) + "]}");
  }

  private static Map<String, String> parameters(@Nullable String query) {
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

  /** Sends an answer, or what a fault leaves of it. */
  private static final class Answer implements AutoCloseable {
    private final HttpExchange exchange;
    private final @Nullable Fault fault;

    Answer(HttpExchange exchange, @Nullable Fault fault) {
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
      byte[] bytes = fault instanceof Fault.Change change ? change.change.apply(body) : body;
      if (exchange.getRequestMethod().equals("HEAD")) {
        header("Content-Length", Integer.toString(bytes.length));
        exchange.sendResponseHeaders(status, -1);
        return;
      }
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      int length =
          fault instanceof Fault.Truncate cut ? Math.min(cut.after, bytes.length) : bytes.length;
      exchange.getResponseBody().write(bytes, 0, length);
      exchange.getResponseBody().flush();
    }

    @Override
    public void close() {
      // Closes the connection too where the announced answer was not sent.
      exchange.close();
    }
  }
}
