package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** Objects of the API are trees: a server must carry fields that it knows nothing of. */
final class Json {
  // Escaped to ASCII: Fabric8's WatchHTTPManager decodes each chunk of a watch on its own and takes
  // the whole backing array of the result, which is longer than the text once a byte is not ASCII.
  static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private static final ObjectMapper YAML = new YAMLMapper();

  private Json() {}

  static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree cannot be written", e);
    }
  }

  static String text(JsonNode node) {
    return node.toString();
  }

  /** Reads JSON or YAML; YAML is what {@code kubectl apply --server-side} sends. */
  static JsonNode read(byte[] body, String contentType) {
    try {
      JsonNode node = (contentType.contains("yaml") ? YAML : MAPPER).readTree(body);
      if (node == null || node.isMissingNode()) {
        throw ApiException.badRequest("the request has no body");
      }
      return node;
    } catch (IOException e) {
      throw ApiException.badRequest("the body does not parse: " + e.getMessage());
    }
  }

  /** The documents of a YAML stream. */
  static List<JsonNode> readAll(InputStream yaml) throws IOException {
    try (MappingIterator<JsonNode> documents = YAML.readerFor(JsonNode.class).readValues(yaml)) {
      return documents.readAll();
    }
  }

  static ObjectNode object(JsonNode node) {
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw ApiException.badRequest("the body is not an object");
  }

  static ObjectNode parse(String text) {
    try {
      return (ObjectNode) MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the store holds what does not parse", e);
    }
  }

  /** The names of all fields, as a copy that outlives changes. */
  static List<String> names(ObjectNode object) {
    return object.propertyStream().map(Map.Entry::getKey).toList();
  }

  static ObjectNode metadata(ObjectNode object) {
    return object.withObjectProperty("metadata");
  }

  /** The text at {@code pointer}, or empty. */
  static String string(JsonNode node, String pointer) {
    return node.at(pointer).asText("");
  }
}
