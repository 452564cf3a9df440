package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Server-side apply: what a manager applied before and no longer does goes away, unless another
 * manager applies it too; what two managers want differently is a conflict, unless forced.
 *
 * <p>Ownership is remembered as the configuration that each manager applied last, next to the
 * store. Not modelled: {@code metadata.managedFields} on objects, and ownership by plain updates
 * and patches (on a real server those conflict as well).
 */
final class ServerSideApply {
  private static final Set<String> IDENTITY = Set.of("apiVersion", "kind");
  private static final Set<String> IDENTITY_METADATA =
      Set.of("name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp");

  private final Map<String, Map<String, ObjectNode>> applied = new ConcurrentHashMap<>();

  /** Forgets the managers of an object that is gone. */
  void forget(String uid) {
    applied.remove(uid);
  }

  /** Remembers what created the object. */
  void created(String uid, String manager, ObjectNode config) {
    remember(uid, manager, config);
  }

  /**
   * The object after {@code config} was applied to {@code live}.
   *
   * @param manager field manager and subresource
   */
  ObjectNode apply(
      ObjectNode live,
      ObjectNode config,
      String manager,
      boolean force,
      @Nullable JsonNode schema) {
    String uid = Json.string(live, "/metadata/uid");
    Map<String, ObjectNode> managers = applied.getOrDefault(uid, Map.of());
    Map<String, ObjectNode> others = new HashMap<>(managers);
    ObjectNode last = others.remove(manager);
    if (!force) {
      List<String> conflicts = new ArrayList<>();
      others.forEach(
          (other, theirs) -> conflicts(config, theirs, "", "", schema, other, conflicts));
      if (!conflicts.isEmpty()) {
        throw new ApiException(
            409,
            "Conflict",
            "Apply failed with %d conflict%s: %s"
                .formatted(
                    conflicts.size(),
                    conflicts.size() == 1 ? "" : "s",
                    String.join(", ", conflicts)));
      }
    }
    ObjectNode result = (ObjectNode) merge(live, config, "", schema);
    if (last != null) {
      removeAbandoned(result, last, config, List.copyOf(others.values()), "", schema, IDENTITY);
    }
    remember(uid, manager, config);
    return result;
  }

  private void remember(String uid, String manager, ObjectNode config) {
    applied.computeIfAbsent(uid, key -> new ConcurrentHashMap<>()).put(manager, config.deepCopy());
  }

  private static void conflicts(
      JsonNode mine,
      JsonNode theirs,
      String path,
      String field,
      @Nullable JsonNode schema,
      String other,
      List<String> out) {
    if (mine instanceof ObjectNode object && theirs instanceof ObjectNode) {
      for (Map.Entry<String, JsonNode> entry : object.properties()) {
        String name = entry.getKey();
        if (theirs.has(name) && !(path.isEmpty() && IDENTITY.contains(name))) {
          JsonNode below = below(schema, name);
          conflicts(entry.getValue(), theirs.get(name), path + "." + name, name, below, other, out);
        }
      }
    } else if (mine instanceof ArrayNode && theirs instanceof ArrayNode) {
      switch (ListKeys.of(field, schema, mine)) {
        case ListKeys.ByKeys keys -> {
          for (JsonNode item : mine) {
            int at = Merge.indexOf(theirs, item, keys);
            if (at >= 0) {
              JsonNode items = schema == null ? null : schema.get("items");
              conflicts(item, theirs.get(at), path + "[]", "", items, other, out);
            }
          }
        }
        case ListKeys.AsSet ignored -> {}
        case ListKeys.Atomic ignored -> differing(mine, theirs, path, other, out);
      }
    } else {
      differing(mine, theirs, path, other, out);
    }
  }

  private static void differing(
      JsonNode mine, JsonNode theirs, String path, String other, List<String> out) {
    if (!Objects.equals(mine, theirs)) {
      String manager = other.substring(0, other.lastIndexOf('/'));
      out.add("conflict with \"%s\": %s".formatted(manager, path));
    }
  }

  private static JsonNode merge(
      @Nullable JsonNode live, JsonNode config, String field, @Nullable JsonNode schema) {
    if (config instanceof ObjectNode object) {
      ObjectNode merged =
          live instanceof ObjectNode present && !atomicMap(schema)
              ? present.deepCopy()
              : object.objectNode();
      for (Map.Entry<String, JsonNode> entry : object.properties()) {
        String name = entry.getKey();
        if (!entry.getValue().isNull()) {
          merged.set(name, merge(merged.get(name), entry.getValue(), name, below(schema, name)));
        }
      }
      return merged;
    }
    if (!(config instanceof ArrayNode items) || !(live instanceof ArrayNode present)) {
      return config.deepCopy();
    }
    ArrayNode merged = present.deepCopy();
    switch (ListKeys.of(field, schema, config)) {
      case ListKeys.Atomic ignored -> {
        return config.deepCopy();
      }
      case ListKeys.AsSet ignored -> {
        for (JsonNode item : items) {
          if (merged.valueStream().noneMatch(item::equals)) {
            merged.add(item);
          }
        }
      }
      case ListKeys.ByKeys keys -> {
        JsonNode itemSchema = schema == null ? null : schema.get("items");
        for (JsonNode item : items) {
          int at = Merge.indexOf(merged, item, keys);
          if (at >= 0) {
            merged.set(at, merge(merged.get(at), item, "", itemSchema));
          } else {
            merged.add(item.deepCopy());
          }
        }
      }
    }
    return merged;
  }

  /** Removes from {@code live} what {@code last} had and neither {@code config} nor others have. */
  private static void removeAbandoned(
      JsonNode live,
      JsonNode last,
      @Nullable JsonNode config,
      List<? extends JsonNode> others,
      String field,
      @Nullable JsonNode schema,
      Set<String> kept) {
    if (live instanceof ObjectNode object && last instanceof ObjectNode old) {
      for (String name : Json.names(old)) {
        if (kept.contains(name) || !object.has(name)) {
          continue;
        }
        List<JsonNode> owners =
            others.stream().map(o -> o.get(name)).filter(Objects::nonNull).toList();
        JsonNode wanted = config == null ? null : config.get(name);
        if (wanted == null && owners.isEmpty()) {
          object.remove(name);
        } else {
          Set<String> below =
              kept.contains("apiVersion") && name.equals("metadata") ? IDENTITY_METADATA : Set.of();
          removeAbandoned(
              object.get(name), old.get(name), wanted, owners, name, below(schema, name), below);
        }
      }
    } else if (live instanceof ArrayNode list && last instanceof ArrayNode old) {
      switch (ListKeys.of(field, schema, old)) {
        case ListKeys.Atomic ignored -> {}
        case ListKeys.AsSet ignored -> {
          for (JsonNode item : old) {
            if (!contains(config, item) && others.stream().noneMatch(o -> contains(o, item))) {
              list.removeIf(item::equals);
            }
          }
        }
        case ListKeys.ByKeys keys -> {
          JsonNode items = schema == null ? null : schema.get("items");
          for (JsonNode item : old) {
            int at = Merge.indexOf(list, item, keys);
            if (at < 0) {
              continue;
            }
            JsonNode wanted = find(config, item, keys);
            List<JsonNode> owners =
                others.stream().map(o -> find(o, item, keys)).filter(Objects::nonNull).toList();
            if (wanted == null && owners.isEmpty()) {
              list.remove(at);
            } else {
              removeAbandoned(
                  list.get(at), item, wanted, owners, "", items, Set.copyOf(keys.keys()));
            }
          }
        }
      }
    }
  }

  private static boolean contains(@Nullable JsonNode list, JsonNode item) {
    return list != null && list.valueStream().anyMatch(item::equals);
  }

  private static @Nullable JsonNode find(
      @Nullable JsonNode list, JsonNode item, ListKeys.ByKeys keys) {
    int at = list == null ? -1 : Merge.indexOf(list, item, keys);
    return at < 0 || list == null ? null : list.get(at);
  }

  private static boolean atomicMap(@Nullable JsonNode schema) {
    return schema != null && schema.path("x-kubernetes-map-type").asText().equals("atomic");
  }

  /** The schema of a field; null below {@code metadata} and where there is none. */
  private static @Nullable JsonNode below(@Nullable JsonNode schema, String name) {
    if (schema == null) {
      return null;
    }
    JsonNode property = schema.path("properties").get(name);
    return property != null ? property : schema.get("additionalProperties");
  }
}
