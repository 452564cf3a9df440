package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** From a request to the verb that answers it, and back. */
final class Router {
  private final Catalogue catalogue;
  private final ObjectStore store;
  private final Resources resources;
  private final Discovery discovery;
  private final OpenApi openApi;
  private final LogEndpoint logs;
  private final Clock clock;

  /**
   * @param prefix of all paths: what clients have to be told of it
   */
  Router(
      Catalogue catalogue,
      ObjectStore store,
      Resources resources,
      LogEndpoint logs,
      String prefix,
      Clock clock) {
    this.catalogue = catalogue;
    this.store = store;
    this.resources = resources;
    this.logs = logs;
    this.clock = clock;
    discovery = new Discovery(catalogue);
    openApi = new OpenApi(catalogue, prefix);
  }

  void route(Request request) throws IOException, InterruptedException {
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
            switch (type.kind()) {
              case "Binding" -> bind(namespace, body);
              case "SelfSubjectRulesReview" -> everythingIsAllowed(body);
              default -> resources.create(type, namespace, body, options);
            };
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
      logs.answer(request, path, resources.get(path));
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

  /** There are no users here, and so no rules. */
  private static ObjectNode everythingIsAllowed(ObjectNode review) {
    ObjectNode status = review.putObject("status");
    status.put("incomplete", false).putArray("nonResourceRules");
    ObjectNode rule = status.putArray("resourceRules").addObject();
    for (String field : List.of("verbs", "apiGroups", "resources")) {
      rule.putArray(field).add("*");
    }
    return review;
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
}
