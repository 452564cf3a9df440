package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kubernetes API server for one process: enough for JOSDK, Fabric8 clients and {@code kubectl}.
 *
 * <p>Objects live in the store of the Fabric8 Mock Server ({@link ObjectStore}). Its own HTTP
 * server is left out: it cannot send a response piece by piece, and without that there is no {@code
 * kubectl get -w} and no {@code kubectl logs -f}. Each class of this package says what it does not
 * model. Over all: no TLS, no users and no RBAC. Who knows the URL may do everything, so the URL
 * holds a random secret, and the server listens on the loopback address only.
 */
public final class ApiServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

  static {
    // Without it each answer waits for the client's delayed acknowledgement: 40 ms a request.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    // The idle limit of the server is counted per connection; every watch holds one.
    System.setProperty("sun.net.httpserver.maxIdleConnections", "2000");
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Clock clock = Clock.systemUTC();
  private final Catalogue catalogue = new Catalogue();
  private final ObjectStore store = new ObjectStore();
  private final Resources resources = new Resources(store, catalogue, clock);
  private final Discovery discovery = new Discovery(catalogue);
  private final GarbageCollector collector;
  private final OpenApi openApi;
  private final String prefix;
  private volatile PodLogs logs = (namespace, pod, options, out) -> false;

  private ApiServer(HttpServer server) {
    this.server = server;
    byte[] secret = new byte[16];
    new SecureRandom().nextBytes(secret);
    prefix = "/" + HexFormat.of().formatHex(secret);
    openApi = new OpenApi(catalogue, prefix);
    collector = new GarbageCollector(store, catalogue, resources);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
  }

  /** Starts a server with the usual namespaces on a free port of the loopback address. */
  public static ApiServer start() throws IOException {
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    ApiServer api = new ApiServer(HttpServer.create(free, 0));
    ResourceType type = api.catalogue.require("", "v1", "namespaces");
    for (String name : List.of("default", "kube-system")) {
      ObjectNode namespace = Json.MAPPER.createObjectNode();
      namespace.putObject("metadata").put("name", name);
      api.resources.create(type, "", namespace, Resources.WriteOptions.internal());
    }
    api.server.start();
    return api;
  }

  /** The server's address; a secret. */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + prefix);
  }

  /** The configuration of a Fabric8 client of this server. */
  public Config clientConfig() {
    return new ConfigBuilder(Config.empty())
        .withMasterUrl(uri().toString())
        .withNamespace("default")
        .withHttp2Disable(true)
        .withOnlyHttpWatches(true) // spares a WebSocket handshake that would be refused
        .build();
  }

  /** A kubeconfig file for this server; a secret. */
  public String kubeconfig() {
    return """
    apiVersion: v1
    kind: Config
    current-context: slipway
    clusters:
    - name: slipway
      cluster: {server: "%s"}
    contexts:
    - name: slipway
      context: {cluster: slipway, user: slipway, namespace: default}
    users:
    - name: slipway
      user: {}
    """
        .formatted(uri());
  }

  /** Says who answers {@code kubectl logs}. */
  public void setPodLogs(PodLogs source) {
    logs = source;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      boolean known = exchange.getRequestURI().getRawPath().startsWith(prefix + "/");
      Request request = new Request(exchange, known ? prefix : "");
      if (!known) {
        ApiException stranger = new ApiException(401, "Unauthorized", "Unauthorized");
        request.answer(401, stranger.status());
        return;
      }
      try {
        if (request.header("Upgrade").equalsIgnoreCase("websocket")) {
          // Fabric8's client tries a WebSocket first and takes a plain 200 for "watch over HTTP".
          request.answer(200, "text/plain", new byte[0]);
        } else {
          route(request);
        }
      } catch (ApiException e) {
        LOG.debug("{} {}: {}", request.method(), request.path(), e.getMessage());
        request.answer(e.code(), e.status());
      } catch (RuntimeException e) {
        LOG.warn("{} {}", request.method(), request.path(), e);
        request.answer(500, new ApiException(500, "InternalError", e.toString()).status());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    } catch (IOException e) {
      LOG.debug("the client left: {}", e.getMessage());
    }
  }

  private void route(Request request) throws IOException, InterruptedException {
    List<String> path = request.path();
    String root = path.getFirst();
    switch (root) {
      case "version" -> request.answer(200, Discovery.version());
      case "healthz", "livez", "readyz" ->
          request.answer(200, "text/plain", "ok".getBytes(StandardCharsets.UTF_8));
      case "openapi" -> openApi(request, path);
      case "api" -> {
        if (path.size() == 1) {
          request.answer(200, Discovery.coreVersions());
        } else if (path.size() == 2) {
          request.answer(200, discovery.resources("", path.get(1)));
        } else {
          resource(request, "", path.get(1), path.subList(2, path.size()));
        }
      }
      case "apis" -> {
        switch (path.size()) {
          case 1 -> request.answer(200, discovery.groups());
          case 2 -> request.answer(200, discovery.group(path.get(1)));
          case 3 -> request.answer(200, discovery.resources(path.get(1), path.get(2)));
          default -> resource(request, path.get(1), path.get(2), path.subList(3, path.size()));
        }
      }
      default -> throw missing();
    }
  }

  private void openApi(Request request, List<String> path) throws IOException {
    if (path.size() == 2 && path.get(1).equals("v3")) {
      request.answer(200, openApi.index());
    } else if (path.size() > 2 && path.get(1).equals("v3")) {
      String root = "/" + String.join("/", path.subList(2, path.size()));
      request.answer(200, openApi.document(root));
    } else {
      throw missing(); // v2: clients since 1.27 ask for v3 first
    }
  }

  private static ApiException missing() {
    return new ApiException(404, "NotFound", "the server could not find the requested resource");
  }

  private void resource(Request request, String group, String version, List<String> rest)
      throws IOException, InterruptedException {
    String namespace = "";
    List<String> path = rest;
    // /namespaces/NAME/status is the namespace's own subresource, everything else is inside of it.
    boolean inside =
        path.getFirst().equals("namespaces")
            && path.size() > 2
            && !Set.of("status", "finalize").contains(path.get(2));
    if (inside) {
      namespace = path.get(1);
      path = path.subList(2, path.size());
    }
    ResourceType type = catalogue.require(group, version, path.getFirst());
    if (type.namespaced() && namespace.isEmpty() && !(path.size() == 1 && reads(request))) {
      throw missing();
    }
    switch (path.size()) {
      case 1 -> collection(request, type, namespace);
      case 2 -> object(request, new ObjectPath(type, namespace, path.get(1)), false);
      case 3 -> subresource(request, new ObjectPath(type, namespace, path.get(1)), path.get(2));
      default -> throw missing();
    }
  }

  private static boolean reads(Request request) {
    return request.method().equals("GET") || request.method().equals("DELETE");
  }

  private void collection(Request request, ResourceType type, String namespace)
      throws IOException, InterruptedException {
    Predicate<JsonNode> selector =
        Selector.of(request.query("labelSelector"), request.query("fieldSelector"));
    switch (request.method()) {
      case "GET" -> {
        if (request.flag("watch")) {
          new WatchStream(request, type, namespace, selector, store, clock).run();
        } else {
          list(request, type, namespace, selector);
        }
      }
      case "POST" -> {
        Resources.WriteOptions options = options(request);
        ObjectNode body = Json.object(request.body());
        ObjectNode created =
            type.kind().equals("Binding")
                ? bind(namespace, body)
                : resources.create(type, namespace, body, options);
        options.warnings().forEach(request::warn);
        answer(request, 201, type, created);
      }
      case "DELETE" -> {
        JsonNode options = deleteOptions(request);
        for (ObjectNode object : store.list(type, namespace).items()) {
          if (selector.test(object)) {
            String in = Json.string(object, "/metadata/namespace");
            resources.delete(
                new ObjectPath(type, in, Json.string(object, "/metadata/name")), options);
          }
        }
        request.answer(200, success());
      }
      default -> throw notAllowed();
    }
  }

  private void list(
      Request request, ResourceType type, String namespace, Predicate<JsonNode> selector)
      throws IOException {
    ObjectStore.Listing listing = store.list(type, namespace);
    String version = Long.toString(listing.version());
    List<ObjectNode> items = new ArrayList<>();
    for (ObjectNode object : listing.items()) {
      if (selector.test(object)) {
        items.add(Resources.versioned(object, type));
      }
    }
    if (request.wantsTable()) {
      request.answer(200, Table.of(type, items, version, clock.instant()));
      return;
    }
    boolean partial = request.wantsMetadataOnly();
    ObjectNode list = Json.MAPPER.createObjectNode();
    list.put("kind", partial ? "PartialObjectMetadataList" : type.kind() + "List");
    list.put("apiVersion", partial ? "meta.k8s.io/v1" : type.apiVersion());
    list.putObject("metadata").put("resourceVersion", version);
    ArrayNode array = list.putArray("items");
    items.forEach(item -> array.add(partial ? metadataOnly(item) : item));
    request.answer(200, list);
  }

  private static ObjectNode metadataOnly(ObjectNode object) {
    ObjectNode partial = Json.MAPPER.createObjectNode();
    partial.put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
    partial.set("metadata", object.get("metadata"));
    return partial;
  }

  private void object(Request request, ObjectPath path, boolean status) throws IOException {
    Resources.WriteOptions options = options(request);
    ObjectNode result =
        switch (request.method()) {
          case "GET" -> resources.get(path);
          case "PUT" -> resources.update(path, Json.object(request.body()), status, options);
          case "PATCH" -> patch(request, path, status, options);
          case "DELETE" -> {
            if (status) {
              throw notAllowed();
            }
            yield resources.delete(path, deleteOptions(request));
          }
          default -> throw notAllowed();
        };
    options.warnings().forEach(request::warn);
    answer(request, 200, path.type(), result);
  }

  private ObjectNode patch(
      Request request, ObjectPath path, boolean status, Resources.WriteOptions options)
      throws IOException {
    String contentType = request.contentType();
    return contentType.equals("application/apply-patch+yaml")
        ? resources.apply(path, Json.object(request.body()), status, options)
        : resources.patch(path, request.body(), contentType, status, options);
  }

  private void answer(Request request, int code, ResourceType type, ObjectNode object)
      throws IOException {
    if (request.wantsTable()) {
      String version = Json.string(object, "/metadata/resourceVersion");
      request.answer(code, Table.of(type, List.of(object), version, clock.instant()));
    } else {
      request.answer(code, request.wantsMetadataOnly() ? metadataOnly(object) : object);
    }
  }

  private void subresource(Request request, ObjectPath path, String name)
      throws IOException, InterruptedException {
    if (name.equals("status")) {
      object(request, path, true);
    } else if (name.equals("log") && path.type().kind().equals("Pod")) {
      log(request, path);
    } else if (name.equals("binding") && path.type().kind().equals("Pod")) {
      request.answer(201, bind(path.namespace(), Json.object(request.body())));
    } else {
      throw missing();
    }
  }

  private ObjectNode bind(String namespace, ObjectNode binding) {
    ObjectPath pod =
        new ObjectPath(
            catalogue.require("", "v1", "pods"), namespace, Json.string(binding, "/metadata/name"));
    store.update(
        pod,
        live -> {
          if (!Json.string(live, "/spec/nodeName").isEmpty()) {
            throw ApiException.conflict(pod.type(), pod.name(), "the pod is already bound");
          }
          live.withObjectProperty("spec").put("nodeName", Json.string(binding, "/target/name"));
          return live;
        });
    return success();
  }

  private void log(Request request, ObjectPath path) throws IOException, InterruptedException {
    ObjectNode pod = resources.get(path);
    PodLogs.Options options =
        new PodLogs.Options(
            container(pod, request.query("container")),
            request.flag("follow"),
            number(request.query("tailLines")),
            request.flag("timestamps"),
            number(request.query("limitBytes")));
    // The headers go out with the first byte: until then the answer may still be an error.
    try (LateStream out = new LateStream(request)) {
      if (!logs.write(path.namespace(), path.name(), options, out)) {
        throw ApiException.badRequest(
            "container \"%s\" in pod \"%s\" is waiting to start: ContainerCreating"
                .formatted(options.container(), path.name()));
      }
      out.flush();
    }
  }

  private static String container(ObjectNode pod, String wanted) {
    List<String> names = new ArrayList<>();
    for (String list : List.of("/spec/containers", "/spec/initContainers")) {
      pod.at(list).forEach(container -> names.add(container.path("name").asText()));
    }
    String name = Json.string(pod, "/metadata/name");
    if (!wanted.isEmpty() && !names.contains(wanted)) {
      throw ApiException.badRequest("container %s is not valid for pod %s".formatted(wanted, name));
    }
    if (wanted.isEmpty() && pod.at("/spec/containers").size() > 1) {
      throw ApiException.badRequest(
          "a container name must be specified for pod %s, choose one of: %s"
              .formatted(name, names));
    }
    return wanted.isEmpty() ? names.getFirst() : wanted;
  }

  private static long number(String text) {
    try {
      return text.isEmpty() ? -1 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw ApiException.badRequest("not a number: " + text);
    }
  }

  private static final class LateStream extends OutputStream {
    private final Request request;
    private OutputStream out = OutputStream.nullOutputStream();
    private boolean started;

    LateStream(Request request) {
      this.request = request;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      start();
      out.write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
      start();
      out.flush();
    }

    private void start() throws IOException {
      if (!started) {
        started = true;
        out = request.stream("text/plain");
      }
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  private static Resources.WriteOptions options(Request request) {
    return new Resources.WriteOptions(
        request.query("fieldManager"),
        request.flag("force"),
        request.query("dryRun").equals("All"),
        request.query("fieldValidation").isEmpty() ? "Warn" : request.query("fieldValidation"),
        new ArrayList<>());
  }

  /** Options of a deletion come in the body, or as parameters. */
  private static JsonNode deleteOptions(Request request) throws IOException {
    ObjectNode options = Json.object(request.optionalBody());
    for (String name : List.of("propagationPolicy", "gracePeriodSeconds")) {
      if (!options.has(name) && !request.query(name).isEmpty()) {
        options.put(name, request.query(name));
      }
    }
    return options;
  }

  private static ApiException notAllowed() {
    return new ApiException(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
  }

  private static ObjectNode success() {
    ObjectNode status = Json.MAPPER.createObjectNode();
    status.put("kind", "Status").put("apiVersion", "v1").put("status", "Success");
    status.putObject("metadata");
    return status;
  }

  /** Creates or replaces the objects of a YAML stream, such as a CRD. */
  public void install(InputStream yaml) throws IOException {
    for (JsonNode document : Json.readAll(yaml)) {
      ObjectNode object = Json.object(document);
      ResourceType type =
          catalogue
              .ofKind(Json.string(object, "/apiVersion"), Json.string(object, "/kind"))
              .orElseThrow(() -> ApiException.badRequest("no matches for this kind"));
      String namespace = type.namespaced() ? Json.string(object, "/metadata/namespace") : "";
      ObjectPath path = new ObjectPath(type, namespace, Json.string(object, "/metadata/name"));
      Resources.WriteOptions options =
          new Resources.WriteOptions("embedded", true, false, "Strict", new ArrayList<>());
      resources.apply(path, object, false, options);
    }
  }

  @Override
  public void close() {
    collector.close();
    server.stop(0);
    threads.shutdownNow();
  }
}
