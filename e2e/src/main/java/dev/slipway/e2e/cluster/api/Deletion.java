package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;

/** What a deletion does to an object, and what keeps a deleted object from going away. */
final class Deletion {
  private static final Set<String> FINAL_PHASES = Set.of("Succeeded", "Failed");

  private Deletion() {}

  static boolean isDeleted(ObjectNode object) {
    return object.path("metadata").has("deletionTimestamp");
  }

  /** Whether a finalizer, the content of a namespace or a grace period holds a deleted object. */
  static boolean holds(ObjectNode object) {
    JsonNode metadata = object.path("metadata");
    boolean namespace = object.path("kind").asText().equals("Namespace");
    return !metadata.path("finalizers").isEmpty()
        || (namespace && !object.at("/spec/finalizers").isEmpty())
        || metadata.path("deletionGracePeriodSeconds").asInt(0) > 0;
  }

  /**
   * Marks {@code live} as deleted.
   *
   * @param options a {@code DeleteOptions}
   * @throws ApiException if its preconditions do not hold
   */
  static void mark(ObjectPath path, ObjectNode live, JsonNode options, Instant now) {
    ResourceType type = path.type();
    checkPreconditions(path, live, options.path("preconditions"));
    ObjectNode metadata = Json.metadata(live);
    int grace = grace(type, live, options);
    if (!isDeleted(live)) {
      Instant end = now.plusSeconds(grace).truncatedTo(ChronoUnit.SECONDS);
      metadata.put("deletionTimestamp", end.toString());
      if (Resources.generates(type)) {
        metadata.put("generation", metadata.path("generation").asLong(0) + 1);
      }
    }
    int left = metadata.path("deletionGracePeriodSeconds").asInt(Integer.MAX_VALUE);
    metadata.put("deletionGracePeriodSeconds", Math.min(grace, left));
    switch (options.path("propagationPolicy").asText("")) {
      case "Foreground" -> finalizer(metadata, "foregroundDeletion");
      case "Orphan" -> finalizer(metadata, "orphan");
      default -> {}
    }
    if (type.kind().equals("Namespace")) {
      live.withObjectProperty("status").put("phase", "Terminating");
    }
  }

  private static void finalizer(ObjectNode metadata, String name) {
    ArrayNode finalizers = metadata.withArrayProperty("finalizers");
    if (finalizers.valueStream().noneMatch(node -> node.asText().equals(name))) {
      finalizers.add(name);
    }
  }

  /** Only a pod that a node runs gets time to end. */
  private static int grace(ResourceType type, ObjectNode live, JsonNode options) {
    boolean running =
        type.kind().equals("Pod")
            && !Json.string(live, "/spec/nodeName").isEmpty()
            && !FINAL_PHASES.contains(Json.string(live, "/status/phase"));
    if (!running) {
      return 0;
    }
    int standard = live.at("/spec/terminationGracePeriodSeconds").asInt(30);
    return options.path("gracePeriodSeconds").asInt(standard);
  }

  private static void checkPreconditions(ObjectPath path, ObjectNode live, JsonNode wanted) {
    for (String field : List.of("uid", "resourceVersion")) {
      String given = wanted.path(field).asText("");
      String present = live.path("metadata").path(field).asText();
      if (!given.isEmpty() && !given.equals(present)) {
        throw ApiException.conflict(
            path.type(),
            path.name(),
            "Precondition failed: %s in precondition: %s, %s in object meta: %s"
                .formatted(field, given, field, present));
      }
    }
  }
}
