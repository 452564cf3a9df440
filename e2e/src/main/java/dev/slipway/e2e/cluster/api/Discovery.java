package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is served, as {@code kubectl} asks for it: versions, groups and resources. The aggregated
 * form is left out on purpose: every client falls back to this one.
 */
final class Discovery {
  private static final List<String> VERBS =
      List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch");

  private final Catalogue catalogue;

  Discovery(Catalogue catalogue) {
    this.catalogue = catalogue;
  }

  static ObjectNode version() {
    return object()
        .put("major", "1")
        .put("minor", "32")
        .put("gitVersion", "v1.32.0+slipway-embedded")
        .put("gitCommit", "0000000000000000000000000000000000000000")
        .put("gitTreeState", "clean")
        .put("buildDate", "2026-01-01T00:00:00Z")
        .put("goVersion", "none")
        .put("compiler", "javac")
        .put("platform", "linux/amd64");
  }

  static ObjectNode coreVersions() {
    ObjectNode versions = object().put("kind", "APIVersions");
    versions.putArray("versions").add("v1");
    versions
        .putArray("serverAddressByClientCIDRs")
        .addObject()
        .put("clientCIDR", "0.0.0.0/0")
        .put("serverAddress", "");
    return versions;
  }

  ObjectNode groups() {
    ObjectNode list = object().put("kind", "APIGroupList").put("apiVersion", "v1");
    ArrayNode groups = list.putArray("groups");
    Map<String, List<String>> versions = new LinkedHashMap<>();
    for (ResourceType type : catalogue.all()) {
      List<String> known = versions.computeIfAbsent(type.group(), key -> new ArrayList<>());
      if (!known.contains(type.version())) {
        known.add(type.version());
      }
    }
    versions.forEach((group, served) -> {
      if (!group.isEmpty()) {
        describe(groups.addObject(), group, served);
      }
    });
    return list;
  }

  ObjectNode group(String name) {
    List<String> versions =
        catalogue.all().stream()
            .filter(type -> type.group().equals(name))
            .map(ResourceType::version)
            .distinct()
            .toList();
    if (versions.isEmpty()) {
      throw missing();
    }
    ObjectNode group = object().put("kind", "APIGroup").put("apiVersion", "v1");
    describe(group, name, versions);
    return group;
  }

  private static void describe(ObjectNode group, String name, List<String> versions) {
    group.put("name", name);
    ArrayNode list = group.putArray("versions");
    for (String version : versions) {
      list.addObject().put("groupVersion", name + "/" + version).put("version", version);
    }
    group
        .putObject("preferredVersion")
        .put("groupVersion", name + "/" + versions.getFirst())
        .put("version", versions.getFirst());
  }

  ObjectNode resources(String group, String version) {
    String groupVersion = group.isEmpty() ? version : group + "/" + version;
    ObjectNode list = object().put("kind", "APIResourceList").put("apiVersion", "v1");
    list.put("groupVersion", groupVersion);
    ArrayNode resources = list.putArray("resources");
    for (ResourceType type : catalogue.all()) {
      if (type.apiVersion().equals(groupVersion)) {
        ObjectNode entry = resources.addObject();
        entry.put("name", type.plural()).put("singularName", type.singular());
        entry.put("namespaced", type.namespaced()).put("kind", type.kind());
        verbs(entry, VERBS);
        strings(entry, "shortNames", type.shortNames());
        strings(entry, "categories", type.categories());
        for (String sub : type.subresources()) {
          ObjectNode below = resources.addObject();
          below.put("name", type.plural() + "/" + sub).put("singularName", "");
          below.put("namespaced", type.namespaced()).put("kind", type.kind());
          verbs(below, sub.equals("log") ? List.of("get") : List.of("get", "patch", "update"));
        }
      }
    }
    if (resources.isEmpty()) {
      throw missing();
    }
    return list;
  }

  private static void verbs(ObjectNode entry, List<String> verbs) {
    ArrayNode array = entry.putArray("verbs");
    verbs.forEach(array::add);
  }

  private static void strings(ObjectNode entry, String field, List<String> values) {
    if (!values.isEmpty()) {
      ArrayNode array = entry.putArray(field);
      values.forEach(array::add);
    }
  }

  private static ApiException missing() {
    return new ApiException(404, "NotFound", "the server could not find the requested resource");
  }

  private static ObjectNode object() {
    return Json.MAPPER.createObjectNode();
  }
}
