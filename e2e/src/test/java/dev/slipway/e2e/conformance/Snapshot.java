package dev.slipway.e2e.conformance;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What an image is, as a golden says it. The base's own part is named, not repeated: {@code layers}
 * and {@code history} are those above it, {@code tree} is how the merged file system differs from
 * it.
 *
 * <p>Not part of it, because they name the builder or its clock: {@code created}, the times of
 * objects that the build itself makes (its clock, or zero), the comment of a history entry and the
 * {@code # buildkit} behind its text. Nor are the times of directories, which BuildKit leaves to
 * the order of its writes, or {@code ArgsEscaped}, which the OCI specification keeps for Windows.
 */
final class Snapshot {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private static final Pattern SIGNATURE = Pattern.compile(" # buildkit$");

  private Snapshot() {}

  /** Reads every image of an archive: one object, or an object by platform where there are many. */
  static ObjectNode read(Path archive, Bases bases) throws IOException {
    OciArchive oci = new OciArchive(archive);
    Map<String, JsonNode> manifests = oci.manifests();
    if (manifests.size() == 1) {
      return image(oci, manifests.values().iterator().next(), bases);
    }
    ObjectNode all = JSON.createObjectNode();
    for (Map.Entry<String, JsonNode> manifest : manifests.entrySet()) {
      all.set(manifest.getKey(), image(oci, manifest.getValue(), bases));
    }
    return all;
  }

  private static ObjectNode image(OciArchive oci, JsonNode manifest, Bases bases)
      throws IOException {
    JsonNode config = oci.config(manifest);
    List<String> diffIds = new ArrayList<>();
    config.path("rootfs").path("diff_ids").forEach(id -> diffIds.add(id.asText()));
    if (diffIds.size() != manifest.path("layers").size()) {
      throw new IOException("the config counts other layers than the manifest");
    }
    Bases.Known base = baseOf(diffIds, bases);
    ObjectNode out = JSON.createObjectNode();
    out.put("base", base.name());
    out.put(
        "platform",
        config.path("os").asText()
            + "/"
            + config.path("architecture").asText()
            + (config.has("variant") ? "/" + config.path("variant").asText() : ""));
    if (config.has("author")) {
      out.set("author", config.get("author"));
    }
    JsonNode settings = sorted(config.path("config"));
    if (settings instanceof ObjectNode fields) {
      fields.remove("ArgsEscaped");
    }
    out.set("config", settings);
    out.set("history", history(config.path("history"), base.history()));
    Tree tree = base.tree().copy();
    ArrayNode layers = out.putArray("layers");
    for (int i = base.diffIds().size(); i < diffIds.size(); i++) {
      ArrayNode lines = layers.addArray();
      tree.apply(oci.layer(manifest.path("layers").get(i), diffIds.get(i))).forEach(lines::add);
    }
    ArrayNode lines = out.putArray("tree");
    tree.difference(base.tree()).forEach(lines::add);
    long filled = 0;
    for (JsonNode entry : config.path("history")) {
      filled += entry.path("empty_layer").asBoolean() ? 0 : 1;
    }
    if (filled != diffIds.size()) {
      out.put("oddity", "history counts " + filled + " layers, there are " + diffIds.size());
    }
    return out;
  }

  private static Bases.Known baseOf(List<String> diffIds, Bases bases) {
    Bases.Known best = new Bases.Known("scratch", List.of(), new Tree(), 0);
    for (Bases.Known known : bases.known) {
      int depth = known.diffIds().size();
      if (depth > best.diffIds().size()
          && depth <= diffIds.size()
          && diffIds.subList(0, depth).equals(known.diffIds())) {
        best = known;
      }
    }
    return best;
  }

  private static ArrayNode history(JsonNode history, int ofBase) {
    ArrayNode out = JSON.createArrayNode();
    for (int i = ofBase; i < history.size(); i++) {
      JsonNode entry = history.get(i);
      ObjectNode kept = out.addObject();
      kept.put("by", SIGNATURE.matcher(entry.path("created_by").asText()).replaceFirst(""));
      if (entry.path("empty_layer").asBoolean()) {
        kept.put("empty", true);
      }
      if (entry.has("author")) {
        kept.set("author", entry.get("author"));
      }
    }
    return out;
  }

  /** The same value with its keys in order and without what is null or empty at the top. */
  private static JsonNode sorted(JsonNode node) {
    TreeMap<String, JsonNode> fields = new TreeMap<>();
    node.properties()
        .forEach(field -> {
          JsonNode value = field.getValue();
          boolean empty =
              value.isNull()
                  || (value.isContainerNode() && value.isEmpty() && !value.isArray())
                  || (value.isArray() && value.isEmpty())
                  || (value.isTextual() && value.asText().isEmpty())
                  || (value.isBoolean() && !value.asBoolean());
          if (!empty) {
            fields.put(field.getKey(), deepSorted(value));
          }
        });
    ObjectNode out = JSON.createObjectNode();
    fields.forEach(out::set);
    return out;
  }

  private static JsonNode deepSorted(JsonNode node) {
    if (!node.isObject()) {
      return node;
    }
    TreeMap<String, JsonNode> fields = new TreeMap<>();
    node.properties().forEach(f -> fields.put(f.getKey(), deepSorted(f.getValue())));
    ObjectNode out = JSON.createObjectNode();
    fields.forEach(out::set);
    return out;
  }

  /** The text of a golden: one thing a line, so that a difference is one too. */
  static String print(JsonNode snapshot) {
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
    try {
      return JSON.writer(printer).writeValueAsString(snapshot) + "\n";
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where two snapshots part, one line each: {@code layers[1] golden …, here …}. */
  static List<String> differences(JsonNode golden, JsonNode actual) {
    List<String> lines = new ArrayList<>();
    compare("", golden, actual, lines);
    return lines;
  }

  private static void compare(String at, JsonNode golden, JsonNode actual, List<String> lines) {
    if (golden.isObject() && actual.isObject()) {
      TreeMap<String, Boolean> keys = new TreeMap<>();
      golden.fieldNames().forEachRemaining(k -> keys.put(k, true));
      actual.fieldNames().forEachRemaining(k -> keys.put(k, true));
      for (String key : keys.keySet()) {
        compare(at.isEmpty() ? key : at + "." + key, golden.path(key), actual.path(key), lines);
      }
    } else if (golden.isArray() && actual.isArray() && textual(golden) && textual(actual)) {
      List<String> missing = texts(golden);
      List<String> extra = texts(actual);
      if (missing.equals(extra)) {
        return;
      }
      List<String> both = new ArrayList<>(missing);
      for (String line : both) {
        if (extra.remove(line)) {
          missing.remove(line);
        }
      }
      missing.forEach(line -> lines.add(at + " wants    " + line));
      extra.forEach(line -> lines.add(at + " has also " + line));
      if (missing.isEmpty() && extra.isEmpty()) {
        lines.add(at + " is in another order");
      }
    } else if (golden.isArray() && actual.isArray() && golden.size() == actual.size()) {
      for (int i = 0; i < golden.size(); i++) {
        compare(at + "[" + i + "]", golden.get(i), actual.get(i), lines);
      }
    } else if (!golden.equals(actual)) {
      lines.add(at + " wants " + shown(golden) + ", is " + shown(actual));
    }
  }

  private static String shown(JsonNode node) {
    return node.isMissingNode() ? "nothing" : node.toString();
  }

  private static boolean textual(JsonNode array) {
    for (JsonNode element : array) {
      if (!element.isTextual()) {
        return false;
      }
    }
    return true;
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(element -> texts.add(element.asText()));
    return texts;
  }
}
