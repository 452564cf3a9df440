package dev.slipway.e2e.cluster.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The JSONPath of printer columns: fields, quoted fields, indexes, {@code [*]} and {@code
 * [?(@.a=="b")]}. Not modelled: ranges, unions, recursive descent, comparisons other than equality.
 */
final class JsonPath {
  private static final Pattern STEP =
      Pattern.compile(
          "\\.(?<field>(?:\\\\.|[^.\\[\\\\])+)"
              + "|\\[\\s*['\"](?<quoted>[^'\"]+)['\"]\\s*]"
              + "|\\[\\s*(?<index>-?\\d+)\\s*]"
              + "|(?<all>\\[\\*])"
              + "|\\[\\?\\(\\s*@\\.(?<key>[^=!<>\\s]+)\\s*==\\s*['\"](?<value>[^'\"]*)['\"]\\s*\\)]");

  private JsonPath() {}

  /** All nodes at {@code path} below {@code root}; none where a step finds nothing. */
  static List<JsonNode> find(JsonNode root, String path) {
    List<JsonNode> nodes = List.of(root);
    Matcher step = STEP.matcher(path);
    int end = 0;
    while (step.find() && step.start() == end) {
      end = step.end();
      List<JsonNode> next = new ArrayList<>();
      for (JsonNode node : nodes) {
        descend(node, step, next);
      }
      nodes = next;
    }
    if (end != path.length()) {
      throw ApiException.badRequest("the JSONPath is not understood: " + path);
    }
    return nodes;
  }

  private static void descend(JsonNode node, Matcher step, List<JsonNode> out) {
    String field = step.group("field");
    String name = field != null ? field.replace("\\", "") : step.group("quoted");
    if (name != null) {
      add(node.get(name), out);
    } else if (step.group("index") != null) {
      int index = Integer.parseInt(step.group("index"));
      add(node.get(index < 0 ? node.size() + index : index), out);
    } else if (step.group("all") != null) {
      node.forEach(out::add);
    } else {
      String pointer = "/" + step.group("key").replace('.', '/');
      for (JsonNode item : node) {
        if (item.at(pointer).asText("").equals(step.group("value"))) {
          out.add(item);
        }
      }
    }
  }

  private static void add(JsonNode node, List<JsonNode> out) {
    if (node != null && !node.isNull()) {
      out.add(node);
    }
  }
}
