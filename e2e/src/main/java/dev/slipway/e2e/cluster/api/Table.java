package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.e2e.cluster.api.ResourceType.Column;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.stream.Collectors;

/** Objects as the rows that {@code kubectl get} prints ({@code meta.k8s.io/v1 Table}). */
final class Table {
  private Table() {}

  static ObjectNode of(ResourceType type, List<ObjectNode> objects, String version, Instant now) {
    ObjectNode table = JsonNodeFactory.instance.objectNode();
    table.put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
    table.putObject("metadata").put("resourceVersion", version);
    ArrayNode columns = table.putArray("columnDefinitions");
    for (Column column : type.columns()) {
      columns
          .addObject()
          .put("name", column.name())
          .put("type", column.type().equals("date") ? "string" : column.type())
          .put("format", column.format())
          .put("description", column.description())
          .put("priority", column.priority());
    }
    ArrayNode rows = table.putArray("rows");
    for (ObjectNode object : objects) {
      ObjectNode row = rows.addObject();
      ArrayNode cells = row.putArray("cells");
      for (Column column : type.columns()) {
        cells.add(cell(column, object, now));
      }
      ObjectNode partial = row.putObject("object");
      partial.put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
      partial.set("metadata", object.path("metadata").deepCopy());
    }
    return table;
  }

  private static JsonNode cell(Column column, ObjectNode object, Instant now) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    if (column.path().startsWith("=")) {
      return json.textNode(computed(column.path().substring(1), object, now));
    }
    List<JsonNode> found = JsonPath.find(object, column.path());
    if (found.isEmpty()) {
      return json.nullNode();
    }
    return switch (column.type()) {
      case "date" -> json.textNode(age(found.getFirst().asText(), now));
      case "integer", "number", "boolean" -> found.getFirst();
      default ->
          json.textNode(
              found.stream()
                  .map(node -> node.isValueNode() ? node.asText() : node.toString())
                  .collect(Collectors.joining(",")));
    };
  }

  private static String computed(String name, ObjectNode object, Instant now) {
    JsonNode containers = object.at("/status/containerStatuses");
    return switch (name) {
      case "age" -> age(Json.string(object, "/metadata/creationTimestamp"), now);
      case "podReady" -> podReady(object, containers);
      case "podStatus" -> podStatus(object, containers);
      case "podRestarts" -> {
        int restarts = 0;
        for (JsonNode container : containers) {
          restarts += container.path("restartCount").asInt();
        }
        yield Integer.toString(restarts);
      }
      case "dataCount" ->
          Integer.toString(object.path("data").size() + object.path("binaryData").size());
      case "nodeStatus" -> {
        List<JsonNode> ready =
            JsonPath.find(object, ".status.conditions[?(@.type==\"Ready\")].status");
        yield !ready.isEmpty() && ready.getFirst().asText().equals("True") ? "Ready" : "NotReady";
      }
      case "involved" ->
          lower(Json.string(object, "/involvedObject/kind"))
              + "/"
              + Json.string(object, "/involvedObject/name");
      case "lastSeen" -> {
        String last = Json.string(object, "/lastTimestamp");
        String event = Json.string(object, "/eventTime");
        String first = Json.string(object, "/metadata/creationTimestamp");
        yield age(!last.isEmpty() ? last : !event.isEmpty() ? event : first, now);
      }
      default -> throw new IllegalStateException("no such column: " + name);
    };
  }

  private static String lower(String kind) {
    return kind.toLowerCase(java.util.Locale.ROOT);
  }

  private static String podReady(ObjectNode pod, JsonNode containers) {
    int ready = 0;
    for (JsonNode container : containers) {
      ready += container.path("ready").asBoolean() ? 1 : 0;
    }
    return ready + "/" + pod.at("/spec/containers").size();
  }

  /** As kubectl's own printer: the most telling state, not the phase. */
  private static String podStatus(ObjectNode pod, JsonNode containers) {
    if (pod.at("/metadata").has("deletionTimestamp")) {
      return "Terminating";
    }
    String status = Json.string(pod, "/status/reason");
    for (JsonNode container : containers) {
      JsonNode state = container.path("state");
      String reason = state.at("/waiting/reason").asText(state.at("/terminated/reason").asText(""));
      if (!reason.isEmpty()) {
        status = status.isEmpty() ? reason : status;
      }
    }
    return status.isEmpty() ? Json.string(pod, "/status/phase") : status;
  }

  /** {@code 5s}, {@code 2m3s}, {@code 5h}, {@code 3d}: two units while the first one is small. */
  static String age(String timestamp, Instant now) {
    Instant then;
    try {
      then = Instant.parse(timestamp);
    } catch (DateTimeParseException e) {
      return "<unknown>";
    }
    Duration age = Duration.between(then, now);
    long seconds = Math.max(0, age.toSeconds());
    if (seconds < 120) {
      return seconds + "s";
    }
    long minutes = seconds / 60;
    if (minutes < 10) {
      return seconds % 60 == 0 ? minutes + "m" : minutes + "m" + seconds % 60 + "s";
    }
    if (minutes < 180) {
      return minutes + "m";
    }
    long hours = minutes / 60;
    if (hours < 8) {
      return minutes % 60 == 0 ? hours + "h" : hours + "h" + minutes % 60 + "m";
    }
    return hours < 48 ? hours + "h" : hours / 24 + "d";
  }
}
