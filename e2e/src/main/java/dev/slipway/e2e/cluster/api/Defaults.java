package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * What a real server fills into new built-in objects, as far as the operator, the node and {@code
 * kubectl} look at it. Not modelled: validation of built-in types beyond a pod's containers,
 * admission plugins (PodSecurity, quotas, limits), service account tokens.
 */
final class Defaults {
  private Defaults() {}

  /** Completes an object that is new. */
  static void created(ResourceType type, ObjectNode object) {
    written(type, object);
    switch (type.kind()) {
      case "Pod" -> pod(object);
      case "Namespace" -> {
        object.putObject("spec").putArray("finalizers").add("kubernetes");
        object.putObject("status").put("phase", "Active");
      }
      case "CustomResourceDefinition" -> definition(object);
      default -> {}
    }
  }

  /** Completes an object at every write. */
  static void written(ResourceType type, ObjectNode object) {
    if (type.kind().equals("Secret")) {
      secret(object);
    }
  }

  private static void pod(ObjectNode pod) {
    ObjectNode spec = pod.withObjectProperty("spec");
    if (spec.path("containers").isEmpty()) {
      throw new ApiException(
          422,
          "Invalid",
          "Pod \"%s\" is invalid: spec.containers: Required value"
              .formatted(Json.string(pod, "/metadata/name")));
    }
    absent(spec, "restartPolicy", "Always");
    absent(spec, "dnsPolicy", "ClusterFirst");
    absent(spec, "schedulerName", "default-scheduler");
    absent(spec, "serviceAccountName", "default");
    if (!spec.has("terminationGracePeriodSeconds")) {
      spec.put("terminationGracePeriodSeconds", 30);
    }
    for (String list : new String[] {"initContainers", "containers"}) {
      for (JsonNode node : spec.path(list)) {
        ObjectNode container = (ObjectNode) node;
        absent(container, "terminationMessagePath", "/dev/termination-log");
        absent(container, "terminationMessagePolicy", "File");
        absent(container, "imagePullPolicy", "IfNotPresent");
      }
    }
    ObjectNode status = pod.putObject("status");
    status.put("phase", "Pending").put("qosClass", "BestEffort");
  }

  private static void definition(ObjectNode definition) {
    ObjectNode status = definition.putObject("status");
    status.set("acceptedNames", definition.at("/spec/names").deepCopy());
    String now = Json.string(definition, "/metadata/creationTimestamp");
    for (String type : new String[] {"NamesAccepted", "Established"}) {
      status
          .withArrayProperty("conditions")
          .addObject()
          .put("type", type)
          .put("status", "True")
          .put("reason", "Accepted")
          .put("message", "the resource is served")
          .put("lastTransitionTime", now);
    }
    for (JsonNode version : definition.at("/spec/versions")) {
      if (version.path("storage").asBoolean()) {
        status.withArrayProperty("storedVersions").add(version.path("name").asText());
      }
    }
  }

  private static void secret(ObjectNode secret) {
    absent(secret, "type", "Opaque");
    if (secret.remove("stringData") instanceof ObjectNode plain) {
      ObjectNode data = secret.withObjectProperty("data");
      plain
          .properties()
          .forEach(entry ->
              data.put(
                  entry.getKey(),
                  Base64.getEncoder()
                      .encodeToString(entry.getValue().asText().getBytes(StandardCharsets.UTF_8))));
    }
  }

  private static void absent(ObjectNode object, String field, String value) {
    if (!object.has(field)) {
      object.put(field, value);
    }
  }
}
