package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what has lost all its owners, and what lived in a namespace or was of a CRD that is
 * deleted. Also gives new namespaces their default service account.
 *
 * <p>Works off the change log on its own thread, so that it never slows a request down. Not
 * modelled: foreground deletion waits for direct dependents whatever {@code blockOwnerDeletion}
 * says.
 */
final class GarbageCollector implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GarbageCollector.class);
  private static final JsonNode NO_OPTIONS = JsonNodeFactory.instance.objectNode();

  private final ObjectStore store;
  private final Catalogue catalogue;
  private final Resources resources;
  private final ObjectStore.Watch watch;
  private final Thread thread;

  /** Dependents by the uid of an owner, and every uid that is present. */
  private final Map<String, Set<ObjectPath>> dependents = new HashMap<>();

  private final Set<String> present = new HashSet<>();

  GarbageCollector(ObjectStore store, Catalogue catalogue, Resources resources) {
    this.store = store;
    this.catalogue = catalogue;
    this.resources = resources;
    watch = store.watch("", 0);
    thread = Thread.ofVirtual().name("garbage-collector").start(this::run);
  }

  private void run() {
    try {
      while (true) {
        ObjectStore.Change change = watch.changes.take();
        try {
          handle(change);
        } catch (ApiException e) {
          if (e.code() != 404 && e.code() != 409) {
            LOG.warn("garbage collection of {}: {}", change.path().url(), e.getMessage());
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void handle(ObjectStore.Change change) {
    ObjectNode object = change.after();
    String uid = Json.string(object, "/metadata/uid");
    boolean deleted = change.type() == ObjectStore.Change.Type.DELETED;
    for (JsonNode owner : owners(object)) {
      Set<ObjectPath> paths =
          dependents.computeIfAbsent(owner.path("uid").asText(), key -> new HashSet<>());
      if (deleted) {
        paths.remove(change.path());
      } else {
        paths.add(change.path());
      }
    }
    if (deleted) {
      present.remove(uid);
      orphaned(uid);
      owners(object).forEach(owner -> release(owner, change.path().namespace()));
      if (change.path().type().kind().equals("CustomResourceDefinition")) {
        undefine(object);
      }
      emptyTerminatingNamespace(change.path().namespace());
    } else {
      present.add(uid);
      collectIfOwnersAreGone(change.path(), object);
      boolean added = change.type() == ObjectStore.Change.Type.ADDED;
      if (added && change.path().type().kind().equals("Namespace")) {
        createServiceAccount(change.path().name());
      }
      if (object.at("/metadata").has("deletionTimestamp")) {
        deleting(change.path(), object, uid);
      }
    }
  }

  private void orphaned(String uid) {
    for (ObjectPath path : List.copyOf(dependents.getOrDefault(uid, Set.of()))) {
      store.get(path).ifPresent(dependent -> collectIfOwnersAreGone(path, dependent));
    }
    dependents.remove(uid);
  }

  private void collectIfOwnersAreGone(ObjectPath path, ObjectNode object) {
    List<JsonNode> owners = owners(object);
    boolean orphan =
        !owners.isEmpty()
            && owners.stream().noneMatch(owner -> present.contains(owner.path("uid").asText()));
    if (orphan && !object.at("/metadata").has("deletionTimestamp")) {
      resources.delete(path, NO_OPTIONS);
    }
  }

  private void deleting(ObjectPath path, ObjectNode object, String uid) {
    for (JsonNode finalizer : object.at("/metadata/finalizers")) {
      switch (finalizer.asText()) {
        case "foregroundDeletion" -> {
          for (ObjectPath dependent : dependents.getOrDefault(uid, Set.of())) {
            resources.delete(dependent, NO_OPTIONS);
          }
          releaseForeground(path, uid);
        }
        case "orphan" -> {
          for (ObjectPath dependent : dependents.getOrDefault(uid, Set.of())) {
            disown(dependent, uid);
          }
          dependents.remove(uid);
          removeFinalizer(path, "orphan");
        }
        default -> {}
      }
    }
    if (path.type().kind().equals("Namespace")) {
      emptyNamespace(path);
    }
  }

  /** The owner of something that is gone may have been waiting for that. */
  private void release(JsonNode owner, String namespace) {
    catalogue
        .ofKind(owner.path("apiVersion").asText(), owner.path("kind").asText())
        .ifPresent(type -> {
          String scope = type.namespaced() ? namespace : "";
          ObjectPath path = new ObjectPath(type, scope, owner.path("name").asText());
          releaseForeground(path, owner.path("uid").asText());
        });
  }

  private void releaseForeground(ObjectPath path, String uid) {
    if (dependents.getOrDefault(uid, Set.of()).isEmpty()) {
      removeFinalizer(path, "foregroundDeletion");
    }
  }

  private void removeFinalizer(ObjectPath path, String name) {
    ObjectNode live = store.get(path).orElse(null);
    if (live != null && live.at("/metadata").has("deletionTimestamp")) {
      ArrayNode finalizers = Json.metadata(live).withArrayProperty("finalizers");
      int before = finalizers.size();
      if (finalizers.removeIf(node -> node.asText().equals(name)).size() < before) {
        Json.metadata(live).remove("resourceVersion");
        resources.update(path, live, false, Resources.WriteOptions.internal());
      }
    }
  }

  private void disown(ObjectPath path, String uid) {
    ObjectNode live = store.get(path).orElse(null);
    if (live != null) {
      ArrayNode references = Json.metadata(live).withArrayProperty("ownerReferences");
      references.removeIf(node -> node.path("uid").asText().equals(uid));
      resources.update(path, live, false, Resources.WriteOptions.internal());
    }
  }

  /** Deletes what the namespace holds, and the namespace once nothing is left. */
  private void emptyNamespace(ObjectPath namespace) {
    boolean empty = true;
    for (ResourceType type : catalogue.all()) {
      if (type.namespaced()) {
        for (ObjectNode object : store.list(type, namespace.name()).items()) {
          empty = false;
          if (!object.at("/metadata").has("deletionTimestamp")) {
            String name = Json.string(object, "/metadata/name");
            resources.delete(new ObjectPath(type, namespace.name(), name), NO_OPTIONS);
          }
        }
      }
    }
    if (empty) {
      store.update(namespace, live -> null);
    }
  }

  private void emptyTerminatingNamespace(String name) {
    if (!name.isEmpty()) {
      ObjectPath path = new ObjectPath(catalogue.require("", "v1", "namespaces"), "", name);
      ObjectNode namespace = store.get(path).orElse(null);
      if (namespace != null && namespace.at("/metadata").has("deletionTimestamp")) {
        emptyNamespace(path);
      }
    }
  }

  private void undefine(ObjectNode definition) {
    for (ResourceType type : catalogue.all()) {
      if (type.group().equals(Json.string(definition, "/spec/group"))
          && type.plural().equals(Json.string(definition, "/spec/names/plural"))) {
        for (ObjectNode object : store.list(type, "").items()) {
          String namespace = Json.string(object, "/metadata/namespace");
          String name = Json.string(object, "/metadata/name");
          resources.delete(new ObjectPath(type, namespace, name), NO_OPTIONS);
        }
      }
    }
    catalogue.undefine(definition);
  }

  private void createServiceAccount(String namespace) {
    ObjectNode account = JsonNodeFactory.instance.objectNode();
    account.putObject("metadata").put("name", "default");
    ResourceType type = catalogue.require("", "v1", "serviceaccounts");
    resources.create(type, namespace, account, Resources.WriteOptions.internal());
  }

  private static List<JsonNode> owners(ObjectNode object) {
    List<JsonNode> owners = new ArrayList<>();
    object.at("/metadata/ownerReferences").forEach(owners::add);
    return owners;
  }

  @Override
  public void close() {
    watch.close();
    thread.interrupt();
  }
}
