package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.fabric8.zjsonpatch.JsonPatchException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The three kinds of PATCH that are not an apply. Each returns a new tree. */
final class Merge {
  private Merge() {}

  /** RFC 6902. */
  static JsonNode json(JsonNode object, JsonNode patch) {
    try {
      return JsonPatch.apply(patch, object);
    } catch (JsonPatchException | IllegalArgumentException e) {
      throw new ApiException(422, "Invalid", "the JSON patch does not apply: " + e.getMessage());
    }
  }

  /** RFC 7386: null removes, lists are replaced. */
  static JsonNode merge(@Nullable JsonNode target, JsonNode patch) {
    if (!(patch instanceof ObjectNode changes)) {
      return patch;
    }
    ObjectNode merged =
        target instanceof ObjectNode object ? object.deepCopy() : changes.objectNode();
    for (Map.Entry<String, JsonNode> change : changes.properties()) {
      if (change.getValue().isNull()) {
        merged.remove(change.getKey());
      } else {
        merged.set(change.getKey(), merge(merged.get(change.getKey()), change.getValue()));
      }
    }
    return merged;
  }

  /**
   * Kubernetes' strategic merge patch, for built-in types: lists of {@link ListKeys} merge item by
   * item, with the directives {@code $patch} (delete, replace), {@code $retainKeys} and {@code
   * $deleteFromPrimitiveList}. Not modelled: {@code $setElementOrder}; new items go last.
   */
  static JsonNode strategic(@Nullable JsonNode target, JsonNode patch) {
    if (!(patch instanceof ObjectNode changes)) {
      return patch;
    }
    ObjectNode merged =
        target instanceof ObjectNode object ? object.deepCopy() : changes.objectNode();
    if (changes.path("$patch").asText().equals("replace")) {
      ObjectNode replacement = changes.deepCopy();
      replacement.remove("$patch");
      return replacement;
    }
    if (changes.get("$retainKeys") instanceof ArrayNode retained) {
      merged.retain(retained.valueStream().map(JsonNode::asText).toList());
    }
    for (Map.Entry<String, JsonNode> change : changes.properties()) {
      String field = change.getKey();
      JsonNode value = change.getValue();
      if (field.startsWith("$deleteFromPrimitiveList/")) {
        remove(merged.get(field.substring(field.indexOf('/') + 1)), value);
      } else if (value.isNull()) {
        merged.remove(field);
      } else if (value instanceof ArrayNode items && !field.startsWith("$")) {
        merged.set(field, list(field, merged.get(field), items));
      } else if (!field.startsWith("$")) {
        merged.set(field, strategic(merged.get(field), value));
      }
    }
    return merged;
  }

  private static JsonNode list(String field, @Nullable JsonNode target, ArrayNode patch) {
    ArrayNode merged = target instanceof ArrayNode list ? list.deepCopy() : patch.arrayNode();
    switch (ListKeys.of(field, null, patch)) {
      case ListKeys.Atomic ignored -> {
        return patch;
      }
      case ListKeys.AsSet ignored -> {
        for (JsonNode item : patch) {
          if (merged.valueStream().noneMatch(item::equals)) {
            merged.add(item);
          }
        }
      }
      case ListKeys.ByKeys keys -> {
        for (JsonNode item : patch) {
          int at = indexOf(merged, item, keys);
          if (item.path("$patch").asText().equals("delete")) {
            if (at >= 0) {
              merged.remove(at);
            }
          } else if (at >= 0) {
            merged.set(at, strategic(merged.get(at), item));
          } else {
            merged.add(item);
          }
        }
      }
    }
    return merged;
  }

  /** Where in {@code list} the item with the keys of {@code item} stands, or -1. */
  static int indexOf(JsonNode list, JsonNode item, ListKeys.ByKeys keys) {
    for (int i = 0; i < list.size(); i++) {
      JsonNode candidate = list.get(i);
      if (keys.keys().stream().allMatch(key -> candidate.path(key).equals(item.path(key)))) {
        return i;
      }
    }
    return -1;
  }

  private static void remove(@Nullable JsonNode list, JsonNode values) {
    if (list instanceof ArrayNode array) {
      for (int i = array.size() - 1; i >= 0; i--) {
        JsonNode item = array.get(i);
        if (values.valueStream().anyMatch(item::equals)) {
          array.remove(i);
        }
      }
    }
  }
}
