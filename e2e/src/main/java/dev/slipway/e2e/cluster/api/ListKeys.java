package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How lists merge: by the keys of their items, as sets, or not at all (the whole list is replaced).
 *
 * <p>Custom resources say so in their schema. For built-in types this is a table of the lists that
 * pods and their kin have; any other list of theirs is atomic.
 */
sealed interface ListKeys {
  /** The whole list is one value. */
  record Atomic() implements ListKeys {}

  /** A set of scalars. */
  record AsSet() implements ListKeys {}

  /** Items are told apart by these fields. */
  record ByKeys(List<String> keys) implements ListKeys {}

  ListKeys ATOMIC = new Atomic();
  ListKeys SET = new AsSet();

  Map<String, ListKeys> BUILTIN =
      Map.ofEntries(
          Map.entry("containers", by("name")),
          Map.entry("initContainers", by("name")),
          Map.entry("env", by("name")),
          Map.entry("volumes", by("name")),
          Map.entry("volumeMounts", by("mountPath")),
          Map.entry("imagePullSecrets", by("name")),
          Map.entry("secrets", by("name")),
          Map.entry("conditions", by("type")),
          Map.entry("hostAliases", by("ip")),
          Map.entry("podIPs", by("ip")),
          Map.entry("addresses", by("type")));

  private static ListKeys by(String... keys) {
    return new ByKeys(List.of(keys));
  }

  /**
   * How the list {@code field} merges.
   *
   * @param schema of the list, where the type has one
   * @param list an instance of it: the two kinds of {@code ports} have different keys
   */
  static ListKeys of(String field, @Nullable JsonNode schema, JsonNode list) {
    if (field.equals("ownerReferences")) {
      return by("uid");
    }
    if (field.equals("finalizers")) {
      return SET;
    }
    if (schema != null) {
      return switch (schema.path("x-kubernetes-list-type").asText()) {
        case "set" -> SET;
        case "map" -> {
          List<String> keys = new ArrayList<>();
          schema.path("x-kubernetes-list-map-keys").forEach(key -> keys.add(key.asText()));
          yield new ByKeys(keys);
        }
        default -> ATOMIC;
      };
    }
    if (field.equals("ports")) {
      return list.path(0).has("containerPort") ? by("containerPort") : by("port");
    }
    return BUILTIN.getOrDefault(field, ATOMIC);
  }
}
