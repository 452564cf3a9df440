package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The structural schema of a custom resource at work: unknown fields are pruned, defaults filled
 * in, values checked, with the messages of a real server.
 *
 * <p>Not modelled: validation ratcheting, {@code x-kubernetes-embedded-resource}, formats other
 * than {@code date-time}; patterns are Java's, not RE2's.
 */
final class Schema {
  private final CelRules rules = new CelRules();

  /** Removes what the schema does not know; returns its paths. */
  static List<String> prune(ObjectNode object, JsonNode schema) {
    List<String> unknown = new ArrayList<>();
    for (String field : Json.names(object)) {
      if (!Set.of("apiVersion", "kind", "metadata").contains(field)) {
        prune(object, field, schema, "", unknown);
      }
    }
    return unknown;
  }

  private static void prune(JsonNode value, JsonNode schema, String path, List<String> unknown) {
    if (schema.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      return;
    }
    if (value instanceof ObjectNode object) {
      for (String field : Json.names(object)) {
        prune(object, field, schema, path + ".", unknown);
      }
    } else if (value instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        prune(array.get(i), schema.path("items"), path + "[" + i + "]", unknown);
      }
    }
  }

  private static void prune(
      ObjectNode object, String field, JsonNode schema, String prefix, List<String> unknown) {
    JsonNode property = schema.path("properties").get(field);
    if (property == null && schema.path("additionalProperties").isObject()) {
      property = schema.path("additionalProperties");
    }
    if (property != null) {
      prune(object.get(field), property, prefix + field, unknown);
    } else if (!schema.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      object.remove(field);
      unknown.add(prefix + field);
    }
  }

  /** Fills in defaults, also inside of defaults. */
  static void fill(JsonNode value, JsonNode schema) {
    if (value instanceof ObjectNode object) {
      for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
        String name = property.getKey();
        JsonNode standard = property.getValue().get("default");
        JsonNode present = object.get(name);
        boolean absent =
            present == null
                || (present.isNull() && !property.getValue().path("nullable").asBoolean());
        if (absent && standard != null) {
          object.set(name, standard.deepCopy());
        } else if (absent && present != null) {
          object.remove(name);
        }
        if (object.has(name)) {
          fill(object.get(name), property.getValue());
        }
      }
      JsonNode additional = schema.path("additionalProperties");
      if (additional.isObject()) {
        object.forEach(item -> fill(item, additional));
      }
    } else if (value instanceof ArrayNode array) {
      array.forEach(item -> fill(item, schema.path("items")));
    }
  }

  /** What is wrong with {@code object}; empty if nothing is. */
  List<String> check(ObjectNode object, @Nullable ObjectNode old, JsonNode schema) {
    List<String> errors = new ArrayList<>();
    check(object, old, schema, "", errors);
    return errors;
  }

  private void check(
      JsonNode value, @Nullable JsonNode old, JsonNode schema, String path, List<String> out) {
    if (value.isNull()) {
      if (!schema.path("nullable").asBoolean()) {
        out.add("%s: Invalid value: \"null\": %s".formatted(path, mustBe(path, schema, "null")));
      }
      return;
    }
    if (!rightType(value, schema)) {
      String got = value.isTextual() ? "string" : kindOf(value);
      out.add("%s: Invalid value: \"%s\": %s".formatted(path, got, mustBe(path, schema, got)));
      return;
    }
    int before = out.size();
    checkEnum(value, schema, path, out);
    switch (value.getNodeType()) {
      case STRING -> checkString(value.asText(), schema, path, out);
      case NUMBER -> checkNumber(value, schema, path, out);
      case ARRAY -> checkArray(value, old, schema, path, out);
      case OBJECT -> checkObject((ObjectNode) value, old, schema, path, out);
      default -> {}
    }
    checkCombinations(value, old, schema, path, out);
    if (out.size() == before && schema.has("x-kubernetes-validations")) {
      rules.check(schema.path("x-kubernetes-validations"), value, old, path, out);
    }
  }

  private static String mustBe(String path, JsonNode schema, String got) {
    return "%s in body must be of type %s: \"%s\""
        .formatted(path, schema.path("type").asText(), got);
  }

  private static String kindOf(JsonNode value) {
    return switch (value.getNodeType()) {
      case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
      case BOOLEAN -> "boolean";
      case ARRAY -> "array";
      case OBJECT -> "object";
      default -> "null";
    };
  }

  private static boolean rightType(JsonNode value, JsonNode schema) {
    if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
      return value.isIntegralNumber() || value.isTextual();
    }
    return switch (schema.path("type").asText("")) {
      case "object" -> value.isObject();
      case "array" -> value.isArray();
      case "string" -> value.isTextual();
      case "boolean" -> value.isBoolean();
      case "integer" -> value.isIntegralNumber();
      case "number" -> value.isNumber();
      default -> true;
    };
  }

  private static void checkEnum(JsonNode value, JsonNode schema, String path, List<String> out) {
    JsonNode allowed = schema.path("enum");
    if (!allowed.isEmpty() && allowed.valueStream().noneMatch(value::equals)) {
      String list =
          allowed.valueStream().map(JsonNode::toString).sorted().collect(Collectors.joining(", "));
      out.add("%s: Unsupported value: %s: supported values: %s".formatted(path, value, list));
    }
  }

  private static void checkString(String value, JsonNode schema, String path, List<String> out) {
    String subject = "%s: Invalid value: \"%s\": %s in body should".formatted(path, value, path);
    int length = value.codePointCount(0, value.length());
    if (schema.has("minLength") && length < schema.path("minLength").asInt()) {
      out.add(subject + " be at least " + schema.path("minLength").asInt() + " chars long");
    }
    if (schema.has("maxLength") && length > schema.path("maxLength").asInt()) {
      out.add(path + ": Too long: may not be more than " + schema.path("maxLength") + " bytes");
    }
    String pattern = schema.path("pattern").asText("");
    if (!pattern.isEmpty() && !Pattern.compile(pattern).matcher(value).find()) {
      out.add(subject + " match '" + pattern + "'");
    }
    if (schema.path("format").asText("").equals("date-time")) {
      try {
        Instant.parse(value);
      } catch (DateTimeParseException e) {
        out.add(subject.replace(" should", " must") + " be of type date-time: \"" + value + "\"");
      }
    }
  }

  private static void checkNumber(JsonNode value, JsonNode schema, String path, List<String> out) {
    String subject = "%s: Invalid value: %s: %s in body should be".formatted(path, value, path);
    if (schema.has("minimum") && value.doubleValue() < schema.path("minimum").doubleValue()) {
      out.add(subject + " greater than or equal to " + schema.path("minimum"));
    }
    if (schema.has("maximum") && value.doubleValue() > schema.path("maximum").doubleValue()) {
      out.add(subject + " less than or equal to " + schema.path("maximum"));
    }
  }

  private void checkArray(
      JsonNode value, @Nullable JsonNode old, JsonNode schema, String path, List<String> out) {
    int size = value.size();
    if (schema.has("maxItems") && size > schema.path("maxItems").asInt()) {
      out.add(
          "%s: Too many: %d: must have at most %s items"
              .formatted(path, size, schema.path("maxItems")));
    }
    if (schema.has("minItems") && size < schema.path("minItems").asInt()) {
      out.add(
          "%s: Invalid value: %d: %s in body should have at least %s items"
              .formatted(path, size, path, schema.path("minItems")));
    }
    ListKeys kind = ListKeys.of("", schema, value);
    Set<JsonNode> seen = new HashSet<>();
    for (int i = 0; i < size; i++) {
      JsonNode item = value.get(i);
      String at = path + "[" + i + "]";
      JsonNode identity =
          switch (kind) {
            case ListKeys.Atomic ignored -> null;
            case ListKeys.AsSet ignored -> item;
            case ListKeys.ByKeys keys -> {
              ObjectNode identityOf = schema.isObject() ? ((ObjectNode) schema).objectNode() : null;
              for (String key : keys.keys()) {
                if (identityOf != null) {
                  identityOf.set(key, item.path(key).deepCopy());
                }
              }
              yield identityOf;
            }
          };
      if (identity != null && !seen.add(identity)) {
        out.add("%s: Duplicate value: %s".formatted(at, identity));
      }
      JsonNode oldItem = null;
      if (old != null && kind instanceof ListKeys.ByKeys keys) {
        int oldAt = Merge.indexOf(old, item, keys);
        oldItem = oldAt < 0 ? null : old.get(oldAt);
      }
      check(item, oldItem, schema.path("items"), at, out);
    }
  }

  private void checkObject(
      ObjectNode value, @Nullable JsonNode old, JsonNode schema, String path, List<String> out) {
    String prefix = path.isEmpty() ? "" : path + ".";
    for (JsonNode required : schema.path("required")) {
      JsonNode present = value.get(required.asText());
      if (present == null) {
        out.add(prefix + required.asText() + ": Required value");
      }
    }
    JsonNode properties = schema.path("properties");
    JsonNode additional = schema.path("additionalProperties");
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      JsonNode below = properties.has(entry.getKey()) ? properties.get(entry.getKey()) : additional;
      boolean ours = !path.isEmpty() || !entry.getKey().equals("metadata");
      if (below.isObject() && ours) {
        JsonNode oldField = old == null ? null : old.get(entry.getKey());
        check(entry.getValue(), oldField, below, prefix + entry.getKey(), out);
      }
    }
    if (schema.has("maxProperties") && value.size() > schema.path("maxProperties").asInt()) {
      out.add(
          "%s: Too many: %d: must have at most %s items"
              .formatted(path, value.size(), schema.path("maxProperties")));
    }
  }

  private void checkCombinations(
      JsonNode value, @Nullable JsonNode old, JsonNode schema, String path, List<String> out) {
    for (JsonNode each : schema.path("allOf")) {
      check(value, old, each, path, out);
    }
    JsonNode any = schema.path("anyOf");
    if (!any.isEmpty() && matching(value, old, any) == 0) {
      out.add(
          "%s: Invalid value: %s in body must validate at least one schema (anyOf)"
              .formatted(path, path));
    }
    JsonNode one = schema.path("oneOf");
    if (!one.isEmpty() && matching(value, old, one) != 1) {
      out.add(
          "%s: Invalid value: %s in body must validate one and only one schema (oneOf)"
              .formatted(path, path));
    }
    if (schema.has("not")) {
      List<String> errors = new ArrayList<>();
      check(value, old, schema.path("not"), path, errors);
      if (errors.isEmpty()) {
        out.add(
            "%s: Invalid value: %s in body must not validate the schema (not)"
                .formatted(path, path));
      }
    }
  }

  private int matching(JsonNode value, @Nullable JsonNode old, JsonNode schemas) {
    int matching = 0;
    for (JsonNode schema : schemas) {
      List<String> errors = new ArrayList<>();
      check(value, old, schema, "", errors);
      matching += errors.isEmpty() ? 1 : 0;
    }
    return matching;
  }
}
