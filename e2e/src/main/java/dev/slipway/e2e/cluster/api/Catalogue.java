package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.e2e.cluster.api.ResourceType.Column;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The resources that are served: a table of built-in ones, and those of the CRDs that were created.
 *
 * <p>Not modelled: conversion between the versions of a CRD. All served versions see one object
 * with their own {@code apiVersion}.
 */
final class Catalogue {
  private final List<ResourceType> types = new CopyOnWriteArrayList<>(builtin());

  List<ResourceType> all() {
    return types;
  }

  Optional<ResourceType> find(String group, String version, String plural) {
    return types.stream()
        .filter(type ->
            type.group().equals(group)
                && type.version().equals(version)
                && type.plural().equals(plural))
        .findFirst();
  }

  ResourceType require(String group, String version, String plural) {
    return find(group, version, plural)
        .orElseThrow(() ->
            new ApiException(404, "NotFound", "the server could not find the requested resource"));
  }

  /** The resource of a {@code kind}, as an owner reference names it. */
  Optional<ResourceType> ofKind(String apiVersion, String kind) {
    return types.stream()
        .filter(type -> type.apiVersion().equals(apiVersion) && type.kind().equals(kind))
        .findFirst();
  }

  /** Serves what a CustomResourceDefinition describes, in place of what it described before. */
  void define(JsonNode definition) {
    undefine(definition);
    types.addAll(customTypes(definition));
  }

  void undefine(JsonNode definition) {
    String group = definition.at("/spec/group").asText();
    String plural = definition.at("/spec/names/plural").asText();
    types.removeIf(type -> type.group().equals(group) && type.plural().equals(plural));
  }

  private static List<ResourceType> customTypes(JsonNode definition) {
    JsonNode spec = definition.path("spec");
    JsonNode names = spec.path("names");
    List<ResourceType> served = new ArrayList<>();
    for (JsonNode version : spec.path("versions")) {
      if (!version.path("served").asBoolean()) {
        continue;
      }
      ObjectNode schema =
          version.at("/schema/openAPIV3Schema") instanceof ObjectNode given
              ? given
              : JsonNodeFactory.instance.objectNode();
      List<String> subresources = new ArrayList<>();
      version.path("subresources").fieldNames().forEachRemaining(subresources::add);
      String kind = names.path("kind").asText();
      served.add(
          new ResourceType(
              spec.path("group").asText(),
              version.path("name").asText(),
              names.path("plural").asText(),
              names.path("singular").asText(kind.toLowerCase(Locale.ROOT)),
              kind,
              spec.path("scope").asText().equals("Namespaced"),
              strings(names.path("shortNames")),
              strings(names.path("categories")),
              subresources,
              schema,
              columns(version.path("additionalPrinterColumns"))));
    }
    return served;
  }

  private static List<Column> columns(JsonNode declared) {
    List<Column> columns = new ArrayList<>();
    columns.add(new Column("Name", "string", "name", "", ".metadata.name", 0));
    for (JsonNode column : declared) {
      columns.add(
          new Column(
              column.path("name").asText(),
              column.path("type").asText(),
              column.path("format").asText(""),
              column.path("description").asText(""),
              column.path("jsonPath").asText(),
              column.path("priority").asInt(0)));
    }
    if (declared.isEmpty()) {
      columns.add(new Column("Age", "date", "", "", ".metadata.creationTimestamp", 0));
    }
    return columns;
  }

  private static List<String> strings(JsonNode array) {
    List<String> strings = new ArrayList<>();
    array.forEach(node -> strings.add(node.asText()));
    return strings;
  }

  private static List<ResourceType> builtin() {
    List<ResourceType> types = new ArrayList<>();
    for (String line : resource("builtin.tsv").split("\n", -1)) {
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] cell = line.split("\t", -1);
      String group = cell[0].equals("-") ? "" : cell[0];
      types.add(
          new ResourceType(
              group,
              cell[1],
              cell[2],
              cell[3].toLowerCase(Locale.ROOT),
              cell[3],
              Boolean.parseBoolean(cell[4]),
              list(cell[5]),
              list(cell[6]),
              list(cell[7]),
              null,
              BuiltinColumns.of(cell[2])));
    }
    return types;
  }

  private static List<String> list(String cell) {
    return cell.equals("-") ? List.of() : List.of(cell.split(","));
  }

  private static String resource(String name) {
    try (InputStream in = Catalogue.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
