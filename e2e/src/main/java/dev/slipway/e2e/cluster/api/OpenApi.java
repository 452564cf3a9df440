package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/**
 * OpenAPI v3, as far as {@code kubectl} reads it: the schemas of custom resources for {@code
 * explain}, and, for every resource, that PATCH takes {@code fieldValidation}, without which {@code
 * apply} would validate on its own against OpenAPI v2. Built-in types have no fields here.
 */
final class OpenApi {
  private final Catalogue catalogue;
  private final String prefix;

  /** URLs in the index are absolute paths: {@code kubectl} does not add the server's own prefix. */
  OpenApi(Catalogue catalogue, String prefix) {
    this.catalogue = catalogue;
    this.prefix = prefix;
  }

  ObjectNode index() {
    ObjectNode index = object();
    ObjectNode paths = index.putObject("paths");
    for (ResourceType type : catalogue.all()) {
      String root = type.root().substring(1);
      paths.putObject(root).put("serverRelativeURL", prefix + "/openapi/v3/" + root);
    }
    return index;
  }

  /** The document of one version, such as {@code /apis/slipway.dev/v1alpha1}. */
  ObjectNode document(String root) {
    List<ResourceType> types =
        catalogue.all().stream().filter(type -> type.root().equals(root)).toList();
    if (types.isEmpty()) {
      throw new ApiException(404, "NotFound", "the server could not find the requested resource");
    }
    ObjectNode document = object().put("openapi", "3.0.0");
    document.putObject("info").put("title", "Slipway embedded cluster").put("version", "v1.32.0");
    ObjectNode paths = document.putObject("paths");
    ObjectNode schemas = document.putObject("components").putObject("schemas");
    for (ResourceType type : types) {
      String scope = type.namespaced() ? "/namespaces/{namespace}/" : "/";
      ObjectNode path = paths.putObject(root + scope + type.plural() + "/{name}");
      operation(path, "get", type);
      operation(path, "patch", type);
      operation(paths.putObject(root + scope + type.plural()), "post", type);
      schemas.set(schemaName(type), schema(type));
    }
    return document;
  }

  private static void operation(ObjectNode path, String method, ResourceType type) {
    ObjectNode operation = path.putObject(method);
    ArrayNode parameters = operation.putArray("parameters");
    if (!method.equals("get")) {
      for (String name : List.of("fieldValidation", "fieldManager", "dryRun")) {
        ObjectNode parameter = parameters.addObject().put("name", name).put("in", "query");
        parameter.putObject("schema").put("type", "string");
      }
    }
    ObjectNode content = operation.putObject("responses").putObject("200").put("description", "OK");
    content
        .putObject("content")
        .putObject("application/json")
        .putObject("schema")
        .put("$ref", "#/components/schemas/" + schemaName(type));
    operation.put("x-kubernetes-action", method);
    operation.set("x-kubernetes-group-version-kind", identity(type));
  }

  private static ObjectNode schema(ResourceType type) {
    ObjectNode given = type.schema();
    ObjectNode schema = given == null ? object().put("type", "object") : given.deepCopy();
    ObjectNode properties = schema.withObjectProperty("properties");
    describe(properties, "apiVersion", "string", "The version of the schema of this object.");
    describe(properties, "kind", "string", "The resource that this object is.");
    describe(properties, "metadata", "object", "Standard object metadata.");
    schema.putArray("x-kubernetes-group-version-kind").add(identity(type));
    return schema;
  }

  private static void describe(ObjectNode properties, String name, String type, String text) {
    properties.putObject(name).put("type", type).put("description", text);
  }

  private static ObjectNode identity(ResourceType type) {
    return object()
        .put("group", type.group())
        .put("version", type.version())
        .put("kind", type.kind());
  }

  /** {@code dev.slipway.v1alpha1.ImageBuild}. */
  private static String schemaName(ResourceType type) {
    List<String> parts =
        Arrays.asList((type.group().isEmpty() ? "core" : type.group()).split("\\."));
    Collections.reverse(parts);
    return parts.stream().collect(Collectors.joining("."))
        + "."
        + type.version()
        + "."
        + type.kind();
  }

  private static ObjectNode object() {
    return Json.MAPPER.createObjectNode();
  }
}
