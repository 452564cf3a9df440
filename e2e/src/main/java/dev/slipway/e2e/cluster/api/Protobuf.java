package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;

/**
 * Reads the few objects that {@code kubectl create namespace|secret|configmap|serviceaccount} send
 * in Kubernetes' protobuf encoding ({@code k8s\0} and a {@code runtime.Unknown}). Field numbers are
 * those of {@code k8s.io/api/core/v1} and {@code k8s.io/apimachinery/pkg/apis/meta/v1}. Everything
 * else is answered with 415; answers are always JSON, which every client reads.
 */
final class Protobuf {
  static final String CONTENT_TYPE = "application/vnd.kubernetes.protobuf";
  private static final byte[] MAGIC = {'k', '8', 's', 0};

  /** What one field number of a message holds. */
  private enum Field {
    STRING,
    BOOLEAN,
    METADATA,
    STRINGS,
    STRING_MAP,
    BYTES_MAP
  }

  private record Named(String name, Field field) {}

  private static final Map<Integer, Named> METADATA =
      Map.of(
          1, new Named("name", Field.STRING),
          2, new Named("generateName", Field.STRING),
          3, new Named("namespace", Field.STRING),
          11, new Named("labels", Field.STRING_MAP),
          12, new Named("annotations", Field.STRING_MAP),
          14, new Named("finalizers", Field.STRINGS));
  private static final Named FIRST = new Named("metadata", Field.METADATA);
  private static final Map<String, Map<Integer, Named>> KINDS =
      Map.of(
          "Namespace", Map.of(1, FIRST),
          "ServiceAccount", Map.of(1, FIRST),
          "Secret",
              Map.of(
                  1, FIRST,
                  2, new Named("data", Field.BYTES_MAP),
                  3, new Named("type", Field.STRING),
                  4, new Named("stringData", Field.STRING_MAP),
                  5, new Named("immutable", Field.BOOLEAN)),
          "ConfigMap",
              Map.of(
                  1, FIRST,
                  2, new Named("data", Field.STRING_MAP),
                  3, new Named("binaryData", Field.BYTES_MAP),
                  4, new Named("immutable", Field.BOOLEAN)));

  private Protobuf() {}

  static ObjectNode read(byte[] body) {
    try {
      if (body.length < MAGIC.length || !Arrays.equals(body, 0, 4, MAGIC, 0, 4)) {
        throw ApiException.badRequest("the body is not in Kubernetes' protobuf encoding");
      }
      CodedInputStream unknown = CodedInputStream.newInstance(body, 4, body.length - 4);
      ObjectNode object = Json.MAPPER.createObjectNode();
      byte[] raw = {};
      for (int tag = unknown.readTag(); tag != 0; tag = unknown.readTag()) {
        switch (WireFormat.getTagFieldNumber(tag)) {
          case 1 -> typeMeta(unknown.readBytes().newCodedInput(), object);
          case 2 -> raw = unknown.readByteArray();
          default -> unknown.skipField(tag);
        }
      }
      Map<Integer, Named> fields = KINDS.get(object.path("kind").asText());
      if (fields == null) {
        throw new ApiException(
            415,
            "UnsupportedMediaType",
            "%s in protobuf is not read here; apply it from a file"
                .formatted(object.path("kind").asText()));
      }
      message(CodedInputStream.newInstance(raw), fields, object);
      return object;
    } catch (IOException e) {
      throw ApiException.badRequest("the protobuf body does not parse: " + e.getMessage());
    }
  }

  private static void typeMeta(CodedInputStream in, ObjectNode object) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> object.put("apiVersion", in.readString());
        case 2 -> object.put("kind", in.readString());
        default -> in.skipField(tag);
      }
    }
  }

  private static void message(CodedInputStream in, Map<Integer, Named> fields, ObjectNode object)
      throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      Named named = fields.get(WireFormat.getTagFieldNumber(tag));
      if (named == null) {
        in.skipField(tag);
        continue;
      }
      String name = named.name();
      switch (named.field()) {
        case STRING -> {
          String text = in.readString();
          if (!text.isEmpty()) {
            object.put(name, text);
          }
        }
        case BOOLEAN -> object.put(name, in.readBool());
        case STRINGS -> object.withArrayProperty(name).add(in.readString());
        case METADATA ->
            message(
                in.readBytes().newCodedInput(), METADATA, object.withObjectProperty("metadata"));
        case STRING_MAP -> entry(in, object.withObjectProperty(name), false);
        case BYTES_MAP -> entry(in, object.withObjectProperty(name), true);
      }
    }
  }

  private static void entry(CodedInputStream in, ObjectNode map, boolean bytes) throws IOException {
    CodedInputStream entry = in.readBytes().newCodedInput();
    String key = "";
    byte[] value = {};
    for (int tag = entry.readTag(); tag != 0; tag = entry.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> key = entry.readString();
        case 2 -> value = entry.readByteArray();
        default -> entry.skipField(tag);
      }
    }
    map.put(
        key,
        bytes
            ? Base64.getEncoder().encodeToString(value)
            : new String(value, StandardCharsets.UTF_8));
  }
}
