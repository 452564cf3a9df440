package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** A request that fails as a real API server would fail it: a code, a reason and a sentence. */
final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int code;
  private final String reason;
  private final transient ObjectNode details = JsonNodeFactory.instance.objectNode();

  ApiException(int code, String reason, String message) {
    super(message);
    this.code = code;
    this.reason = reason;
  }

  static ApiException notFound(ResourceType type, String name) {
    return new ApiException(
        404, "NotFound", "%s \"%s\" not found".formatted(type.qualified(), name));
  }

  static ApiException alreadyExists(ResourceType type, String name) {
    return new ApiException(
        409, "AlreadyExists", "%s \"%s\" already exists".formatted(type.qualified(), name));
  }

  static ApiException conflict(ResourceType type, String name, String why) {
    return new ApiException(
        409,
        "Conflict",
        "Operation cannot be fulfilled on %s \"%s\": %s".formatted(type.qualified(), name, why));
  }

  static ApiException modified(ResourceType type, String name) {
    return conflict(
        type,
        name,
        "the object has been modified; please apply your changes to the latest version and try"
            + " again");
  }

  static ApiException badRequest(String message) {
    return new ApiException(400, "BadRequest", message);
  }

  /**
   * An object that its schema refuses.
   *
   * @param causes each {@code FIELD: WHAT IS WRONG}
   */
  static ApiException invalid(ResourceType type, String name, List<String> causes) {
    String list = causes.size() == 1 ? causes.getFirst() : "[" + String.join(", ", causes) + "]";
    String subject = type.group().isEmpty() ? type.kind() : type.kind() + "." + type.group();
    ApiException invalid =
        new ApiException(422, "Invalid", "%s \"%s\" is invalid: %s".formatted(subject, name, list));
    // kubectl prints its friendlier form, one cause a line, from these.
    invalid.details.put("name", name).put("group", type.group()).put("kind", type.kind());
    for (String cause : causes) {
      int colon = cause.indexOf(": ");
      invalid
          .details
          .withArrayProperty("causes")
          .addObject()
          .put("reason", "FieldValueInvalid")
          .put("field", cause.substring(0, colon))
          .put("message", cause.substring(colon + 2));
    }
    return invalid;
  }

  int code() {
    return code;
  }

  /** The {@code Status} object that clients read the failure from. */
  ObjectNode status() {
    ObjectNode status = JsonNodeFactory.instance.objectNode();
    status.put("kind", "Status").put("apiVersion", "v1").putObject("metadata");
    status
        .put("status", "Failure")
        .put("message", getMessage())
        .put("reason", reason)
        .put("code", code);
    if (!details.isEmpty()) {
      status.set("details", details);
    }
    return status;
  }
}
