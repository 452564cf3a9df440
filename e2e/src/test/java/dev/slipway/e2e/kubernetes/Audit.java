package dev.slipway.e2e.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What the API server says of the requests of one user. */
final class Audit {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Audit() {}

  /**
   * What a rule of RBAC grants, or a request asks for.
   *
   * @param resource with its subresource: {@code imagebuilds/status}
   */
  record Right(String group, String resource, String verb) implements Comparable<Right> {
    @Override
    public int compareTo(Right other) {
      return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
      return verb + " " + resource + (group.isEmpty() ? "" : "." + group);
    }
  }

  /**
   * A request that was answered.
   *
   * @param name of the object; empty where the request names none
   * @param code status of the answer
   */
  record Request(
      Right right, String namespace, String name, boolean allowed, int code, String time) {}

  static List<Request> of(ControlPlane controlPlane, String user) throws IOException {
    List<Request> requests = new ArrayList<>();
    try (Stream<String> lines = Files.lines(controlPlane.auditLog())) {
      // The last line may be half written.
      for (String line : (Iterable<String>) lines.filter(l -> l.endsWith("}"))::iterator) {
        if (!line.contains(user)) {
          continue; // most of them
        }
        JsonNode event = JSON.readTree(line);
        JsonNode object = event.path("objectRef");
        if (event.path("user").path("username").asText().equals(user)
            && !object.isMissingNode()
            && !isRest(event)) {
          requests.add(request(event, object));
        }
      }
    }
    return requests;
  }

  /** A watch is told of when it starts and when it ends; anything else when it is answered. */
  private static boolean isRest(JsonNode event) {
    return event.path("verb").asText().equals("watch")
        != event.path("stage").asText().equals("ResponseStarted");
  }

  private static Request request(JsonNode event, JsonNode object) {
    String subresource = object.path("subresource").asText();
    String resource = object.path("resource").asText();
    return new Request(
        new Right(
            object.path("apiGroup").asText(),
            subresource.isEmpty() ? resource : resource + "/" + subresource,
            event.path("verb").asText()),
        object.path("namespace").asText(),
        object.path("name").asText(),
        event.path("annotations").path("authorization.k8s.io/decision").asText().equals("allow"),
        event.path("responseStatus").path("code").asInt(),
        event.path("requestReceivedTimestamp").asText());
  }
}
