package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The verbs on objects, with the rules that hold for every resource: identity and versions,
 * generation, the status subresource, finalizers, graceful deletion of pods.
 *
 * <p>Not modelled: authentication and authorization (whoever knows the URL may do all), admission
 * webhooks, and dry runs of deletions.
 */
final class Resources {
  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final String SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

  private final ObjectStore store;
  private final Catalogue catalogue;
  private final Clock clock;
  private final Schema schemas = new Schema();
  private final ServerSideApply owners = new ServerSideApply();

  Resources(ObjectStore store, Catalogue catalogue, Clock clock) {
    this.store = store;
    this.catalogue = catalogue;
    this.clock = clock;
  }

  /**
   * How a write is to be done.
   *
   * @param manager the field manager; empty where none was named
   * @param fieldValidation {@code Strict}, {@code Warn} or {@code Ignore}: what unknown fields
   *     cause
   * @param warnings receives what the client is to be warned of
   */
  record WriteOptions(
      String manager,
      boolean force,
      boolean dryRun,
      String fieldValidation,
      List<String> warnings) {
    static WriteOptions internal() {
      return new WriteOptions("", false, false, "Ignore", new ArrayList<>());
    }
  }

  /** How an apply is written: the manager is told apart by subresource too. */
  private static String applier(WriteOptions options, boolean status) {
    return options.manager() + (status ? "/status" : "/");
  }

  ObjectNode get(ObjectPath path) {
    return versioned(
        store.get(path).orElseThrow(() -> ApiException.notFound(path.type(), path.name())),
        path.type());
  }

  ObjectNode create(ResourceType type, String namespace, ObjectNode given, WriteOptions options) {
    ObjectNode object = given.deepCopy();
    identify(type, namespace, object);
    ObjectNode metadata = Json.metadata(object);
    String name = metadata.path("name").asText("");
    if (name.isEmpty() && metadata.has("generateName")) {
      name = metadata.path("generateName").asText() + suffix();
      metadata.put("name", name);
    }
    checkName(type, name);
    if (type.namespaced()) {
      checkNamespace(namespace);
      metadata.put("namespace", namespace);
    }
    metadata.remove(List.of("deletionTimestamp", "deletionGracePeriodSeconds", "managedFields"));
    metadata.put("uid", UUID.randomUUID().toString());
    metadata.put("creationTimestamp", now());
    if (type.custom() || type.hasStatus()) {
      metadata.put("generation", 1);
    }
    if (type.custom() && type.hasStatus()) {
      object.remove("status");
    }
    Defaults.created(type, object);
    validate(type, object, null, options);
    ObjectPath path = new ObjectPath(type, namespace, name);
    if (options.dryRun()) {
      if (store.get(path).isPresent()) {
        throw ApiException.alreadyExists(type, name);
      }
      return object;
    }
    ObjectNode created = store.create(path, object);
    serve(type, created);
    return created;
  }

  /**
   * A CRD is served before its creation is answered, so that its first object can follow at once.
   */
  private void serve(ResourceType type, ObjectNode object) {
    if (type.kind().equals("CustomResourceDefinition")) {
      catalogue.define(object);
    }
  }

  ObjectNode update(ObjectPath path, ObjectNode object, boolean status, WriteOptions options) {
    identify(path.type(), path.namespace(), object);
    String named = Json.string(object, "/metadata/name");
    if (!named.equals(path.name())) {
      throw ApiException.badRequest(
          "the name of the object (%s) does not match the name on the URL (%s)"
              .formatted(named, path.name()));
    }
    return write(path, status, options, live -> object);
  }

  /** A merge, JSON or strategic patch, by content type. */
  ObjectNode patch(
      ObjectPath path, JsonNode patch, String contentType, boolean status, WriteOptions options) {
    return write(
        path,
        status,
        options,
        live ->
            Json.object(
                switch (contentType) {
                  case "application/json-patch+json" -> Merge.json(live, patch);
                  case "application/merge-patch+json" -> Merge.merge(live, patch);
                  case "application/strategic-merge-patch+json" -> {
                    if (path.type().custom()) {
                      throw unsupported(contentType);
                    }
                    yield Merge.strategic(live, patch);
                  }
                  default -> throw unsupported(contentType);
                }));
  }

  private static ApiException unsupported(String contentType) {
    return new ApiException(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include:"
            + " application/json-patch+json, application/merge-patch+json,"
            + " application/apply-patch+yaml; got "
            + contentType);
  }

  /** Server-side apply: creates what is not there. */
  ObjectNode apply(ObjectPath path, ObjectNode config, boolean status, WriteOptions options) {
    if (options.manager().isEmpty()) {
      throw ApiException.badRequest(
          "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
    }
    identify(path.type(), path.namespace(), config);
    Json.metadata(config).put("name", path.name());
    if (!status && store.get(path).isEmpty()) {
      ObjectNode created = create(path.type(), path.namespace(), config, options);
      if (!options.dryRun()) {
        owners.created(Json.string(created, "/metadata/uid"), applier(options, false), config);
      }
      return created;
    }
    return write(
        path,
        status,
        options,
        live ->
            owners.apply(
                live, config, applier(options, status), options.force(), path.type().schema()));
  }

  private interface Change {
    ObjectNode of(ObjectNode live);
  }

  private ObjectNode write(ObjectPath path, boolean status, WriteOptions options, Change change) {
    ResourceType type = path.type();
    if (status && !type.hasStatus()) {
      throw ApiException.notFound(type, path.name());
    }
    ObjectNode[] dry = new ObjectNode[1];
    ObjectNode result =
        store.update(
            path,
            live -> {
              ObjectNode wanted = change.of(versioned(live.deepCopy(), type));
              if (stale(wanted, live, "resourceVersion") || stale(wanted, live, "uid")) {
                throw ApiException.modified(type, path.name());
              }
              ObjectNode next = status ? withStatus(live, wanted) : withSpec(type, live, wanted);
              validate(type, next, live, options);
              if (generates(type) && !status && differs(type, live, next)) {
                Json.metadata(next)
                    .put("generation", live.at("/metadata/generation").asLong(0) + 1);
              }
              if (options.dryRun()) {
                dry[0] = next;
                return live;
              }
              return Deletion.isDeleted(next) && !Deletion.holds(next) ? null : next;
            });
    if (dry[0] != null) {
      return dry[0];
    }
    if (result.at("/metadata").has("deletionTimestamp") && store.get(path).isEmpty()) {
      owners.forget(Json.string(result, "/metadata/uid"));
    } else {
      serve(type, result);
    }
    return versioned(result, type);
  }

  /** Whether the writer names another state of the object than the present one. */
  private static boolean stale(ObjectNode wanted, ObjectNode live, String field) {
    String named = wanted.path("metadata").path(field).asText("");
    return !named.isEmpty() && !named.equals(live.path("metadata").path(field).asText());
  }

  static boolean generates(ResourceType type) {
    return type.custom() || type.hasStatus();
  }

  private static ObjectNode withStatus(ObjectNode live, ObjectNode wanted) {
    ObjectNode next = live.deepCopy();
    JsonNode status = wanted.get("status");
    if (status == null) {
      next.remove("status");
    } else {
      next.set("status", status);
    }
    return next;
  }

  private static ObjectNode withSpec(ResourceType type, ObjectNode live, ObjectNode wanted) {
    ObjectNode next = wanted.deepCopy();
    if (type.hasStatus()) {
      next.remove("status");
      if (live.has("status")) {
        next.set("status", live.get("status").deepCopy());
      }
    }
    ObjectNode metadata = Json.metadata(next);
    metadata.remove("managedFields");
    for (String kept :
        List.of(
            "uid",
            "creationTimestamp",
            "generation",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "resourceVersion",
            "namespace")) {
      JsonNode value = live.path("metadata").get(kept);
      if (value == null) {
        metadata.remove(kept);
      } else {
        metadata.set(kept, value.deepCopy());
      }
    }
    Defaults.written(type, next);
    return next;
  }

  /** Whether anything but metadata and, where it is a subresource, the status has changed. */
  private static boolean differs(ResourceType type, ObjectNode live, ObjectNode next) {
    List<String> apart =
        type.hasStatus()
            ? List.of("apiVersion", "metadata", "status")
            : List.of("apiVersion", "metadata");
    return !live.deepCopy().remove(apart).equals(next.deepCopy().remove(apart));
  }

  /**
   * Deletes one object: at once, or, while a finalizer or a pod's grace period holds it, by marking
   * it.
   *
   * @param options a {@code DeleteOptions}, possibly empty
   */
  ObjectNode delete(ObjectPath path, JsonNode options) {
    ObjectNode result =
        store.update(
            path,
            live -> {
              Deletion.mark(path, live, options, clock.instant());
              return Deletion.holds(live) ? live : null;
            });
    if (store.get(path).isEmpty()) {
      owners.forget(Json.string(result, "/metadata/uid"));
    }
    return versioned(result, path.type());
  }

  private void validate(
      ResourceType type, ObjectNode object, @Nullable ObjectNode old, WriteOptions options) {
    ObjectNode schema = type.schema();
    if (schema == null) {
      return;
    }
    List<String> unknown = Schema.prune(object, schema);
    if (!unknown.isEmpty() && options.fieldValidation().equals("Strict")) {
      String kind = type.kind() + " in version \"" + type.version() + "\"";
      String fields =
          String.join(
              ", ", unknown.stream().map(field -> "unknown field \"" + field + "\"").toList());
      throw ApiException.badRequest(
          kind + " cannot be handled as a " + type.kind() + ": strict decoding error: " + fields);
    }
    if (options.fieldValidation().equals("Warn")) {
      unknown.forEach(field -> options.warnings().add("unknown field \"" + field + "\""));
    }
    Schema.fill(object, schema);
    List<String> errors = schemas.check(object, old, schema);
    if (!errors.isEmpty()) {
      throw ApiException.invalid(type, Json.string(object, "/metadata/name"), errors);
    }
  }

  private static void identify(ResourceType type, String namespace, ObjectNode object) {
    String kind = object.path("kind").asText(type.kind());
    String version = object.path("apiVersion").asText(type.apiVersion());
    if (!kind.equals(type.kind()) || !version.equals(type.apiVersion())) {
      throw ApiException.badRequest(
          "%s in version \"%s\" cannot be handled as a %s".formatted(kind, version, type.kind()));
    }
    object.put("kind", kind).put("apiVersion", version);
    String named = Json.string(object, "/metadata/namespace");
    if (!named.isEmpty() && !named.equals(namespace)) {
      throw ApiException.badRequest(
          "the namespace of the provided object does not match the namespace sent on the request");
    }
  }

  private static void checkName(ResourceType type, String name) {
    if (name.isEmpty()) {
      throw ApiException.invalid(
          type, "", List.of("metadata.name: Required value: name or generateName is required"));
    }
    boolean anyName = type.group().equals("rbac.authorization.k8s.io");
    if (name.length() > 253 || (!anyName && !SUBDOMAIN.matcher(name).matches())) {
      throw ApiException.invalid(
          type,
          name,
          List.of(
              "metadata.name: Invalid value: \"%s\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
                  .formatted(name)));
    }
  }

  private void checkNamespace(String namespace) {
    ResourceType type = catalogue.require("", "v1", "namespaces");
    Optional<ObjectNode> found = store.get(new ObjectPath(type, "", namespace));
    if (found.isEmpty()) {
      throw ApiException.notFound(type, namespace);
    }
    if (found.get().at("/metadata").has("deletionTimestamp")) {
      throw new ApiException(
          403,
          "Forbidden",
          "unable to create new content in namespace %s because it is being terminated"
              .formatted(namespace));
    }
  }

  /** One stored object serves all versions of its resource. */
  static ObjectNode versioned(ObjectNode object, ResourceType type) {
    return object.put("apiVersion", type.apiVersion());
  }

  private static String suffix() {
    StringBuilder suffix = new StringBuilder();
    for (int i = 0; i < 5; i++) {
      int index = ThreadLocalRandom.current().nextInt(SUFFIX_LETTERS.length());
      suffix.append(SUFFIX_LETTERS.charAt(index));
    }
    return suffix.toString();
  }

  private String now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
