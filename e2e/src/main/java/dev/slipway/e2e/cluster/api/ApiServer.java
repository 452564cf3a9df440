package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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

  /** Clients try again what took longer, and a create that is tried again finds itself done. */
  private static final int PATIENCE_MILLIS = 60_000;

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Clock clock = Clock.systemUTC();
  private final Catalogue catalogue = new Catalogue();
  private final ObjectStore store = new ObjectStore();
  private final Resources resources = new Resources(store, catalogue, clock);
  private final GarbageCollector collector;
  private final LogEndpoint logs = new LogEndpoint();
  private final Router router;
  private final String prefix;

  private ApiServer(HttpServer server) {
    this.server = server;
    byte[] secret = new byte[16];
    new SecureRandom().nextBytes(secret);
    prefix = "/" + HexFormat.of().formatHex(secret);
    router = new Router(catalogue, store, resources, logs, prefix, clock);
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
        .withRequestTimeout(PATIENCE_MILLIS)
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
    logs.setSource(source);
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
          router.route(request);
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
