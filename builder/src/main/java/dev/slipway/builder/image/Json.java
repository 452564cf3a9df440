package dev.slipway.builder.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.json.JsonText;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the JSON of images as trees, field by field: the order of fields is then ours
 * (the bytes are hashed), unknown fields can be carried along, and nothing is looked up by
 * reflection, which would cost a short-lived process a tenth of a second.
 */
final class Json {

  private Json() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  static JsonNode parse(String subject, byte[] bytes) {
    try {
      // Two values for one key are read differently by different tools: an attack, not data.
      return JsonText.readStrictly(bytes);
    } catch (JsonProcessingException e) {
      throw new BuildException(
          ErrorCode.IMAGE_INVALID,
          "reading " + subject + ": it is not valid JSON: " + e.getOriginalMessage(),
          e);
    }
  }

  static ObjectNode parseObject(String subject, byte[] bytes) {
    return object(subject, parse(subject, bytes));
  }

  static byte[] bytes(JsonNode node) {
    try {
      return JsonText.bytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }

  static BuildException invalid(String subject, String why) {
    return new BuildException(ErrorCode.IMAGE_INVALID, "reading " + subject + ": " + why);
  }

  static String shorten(String text) {
    return text.length() <= 160 ? text : text.substring(0, 160) + "…";
  }

  static ObjectNode object(String subject, @Nullable JsonNode node) {
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw invalid(subject, "expected a JSON object");
  }

  static String required(String subject, ObjectNode object, String field) {
    String value = optional(subject, object, field);
    if (value == null || value.isEmpty()) {
      throw invalid(subject, "the field \"" + field + "\" is missing");
    }
    return value;
  }

  static long requiredLong(String subject, ObjectNode object, String field) {
    JsonNode node = object.path(field);
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw invalid(subject, "the field \"" + field + "\" is not a whole number");
    }
    return node.longValue();
  }

  static long optionalLong(String subject, ObjectNode object, String field) {
    return isAbsent(object.path(field)) ? 0 : requiredLong(subject, object, field);
  }

  static boolean flag(String subject, ObjectNode object, String field) {
    JsonNode node = object.path(field);
    if (isAbsent(node)) {
      return false;
    }
    if (!node.isBoolean()) {
      throw invalid(subject, "the field \"" + field + "\" is not true or false");
    }
    return node.booleanValue();
  }

  static @Nullable String optional(String subject, ObjectNode object, String field) {
    JsonNode node = object.path(field);
    if (isAbsent(node)) {
      return null;
    }
    if (!node.isTextual()) {
      throw invalid(subject, "the field \"" + field + "\" is not a string");
    }
    return node.textValue();
  }

  /** The text of a field, where absent, null and empty all mean the same. */
  static String text(String subject, ObjectNode object, String field) {
    String value = optional(subject, object, field);
    return value == null ? "" : value;
  }

  static List<String> strings(String subject, ObjectNode object, String field) {
    JsonNode node = object.path(field);
    if (isAbsent(node)) {
      return List.of();
    }
    if (!node.isArray()) {
      throw invalid(subject, "the field \"" + field + "\" is not a list");
    }
    List<String> values = new ArrayList<>(node.size());
    for (JsonNode item : node) {
      if (!item.isTextual()) {
        throw invalid(subject, "the field \"" + field + "\" is not a list of strings");
      }
      values.add(item.textValue());
    }
    return values;
  }

  static List<JsonNode> items(String subject, ObjectNode object, String field) {
    JsonNode node = object.path(field);
    if (isAbsent(node)) {
      return List.of();
    }
    if (!node.isArray()) {
      throw invalid(subject, "the field \"" + field + "\" is not a list");
    }
    List<JsonNode> values = new ArrayList<>(node.size());
    node.forEach(values::add);
    return values;
  }

  static Map<String, String> stringMap(String subject, ObjectNode object, String field) {
    JsonNode node = object.path(field);
    if (isAbsent(node)) {
      return Map.of();
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : object(subject, node).properties()) {
      // Some tools write null for an empty label; docker reads it as the empty string.
      if (!entry.getValue().isTextual() && !entry.getValue().isNull()) {
        throw invalid(
            subject, "the value of \"" + entry.getKey() + "\" in \"" + field + "\" is no string");
      }
      values.put(entry.getKey(), entry.getValue().isNull() ? "" : entry.getValue().textValue());
    }
    return values;
  }

  /** The keys of a Go {@code map[string]struct{}}, as exposed ports and volumes are written. */
  static List<String> keys(String subject, ObjectNode object, String field) {
    JsonNode node = object.path(field);
    if (isAbsent(node)) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    object(subject, node).fieldNames().forEachRemaining(names::add);
    return names;
  }

  static void put(ObjectNode node, String field, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      node.put(field, value);
    }
  }

  static void put(ObjectNode node, String field, List<String> values) {
    if (!values.isEmpty()) {
      ArrayNode array = node.putArray(field);
      values.forEach(array::add);
    }
  }

  static void put(ObjectNode node, String field, Map<String, String> values) {
    if (!values.isEmpty()) {
      ObjectNode object = node.putObject(field);
      values.forEach(object::put);
    }
  }

  static void putKeys(ObjectNode node, String field, Collection<String> names) {
    if (!names.isEmpty()) {
      ObjectNode object = node.putObject(field);
      names.forEach(object::putObject);
    }
  }

  static <V> Map<String, V> orderedCopy(Map<String, V> map) {
    return map.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  private static boolean isAbsent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }
}
