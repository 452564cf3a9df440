package dev.slipway.e2e.cluster.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;

/** Manifests and the tags that point to them. Thread-safe. */
final class Manifests {
  static final String INDEX = "application/vnd.oci.image.index.v1+json";
  private static final Pattern TAG = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}");
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What is needed to serve a manifest and to list it as a referrer. */
  @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
  record Manifest(String digest, String mediaType, byte[] bytes) {}

  private final Content content;
  private final Map<String, NavigableMap<String, String>> tags = new ConcurrentSkipListMap<>();
  private final Map<String, Map<String, Manifest>> manifests = new ConcurrentHashMap<>();

  Manifests(Content content) {
    this.content = content;
  }

  /**
   * Stores a manifest whose parts are all there.
   *
   * @param reference a tag or a digest
   */
  Manifest put(String repository, String reference, String mediaType, byte[] bytes)
      throws IOException, RegistryException {
    JsonNode json = parse(bytes);
    for (String part : parts(json)) {
      if (!content.holds(repository, part)) {
        throw new RegistryException(
            404, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry: " + part);
      }
    }
    String digest = Content.digest(bytes);
    boolean tagged = !reference.contains(":");
    if (!tagged && !digest.equals(Content.checked(reference))) {
      throw new RegistryException(
          400, "DIGEST_INVALID", "provided digest did not match uploaded content: " + digest);
    }
    if (tagged && !TAG.matcher(reference).matches()) {
      throw new RegistryException(400, "MANIFEST_INVALID", "not a tag: " + reference);
    }
    content.store(repository, bytes);
    Manifest manifest = new Manifest(digest, mediaType, bytes);
    manifests.computeIfAbsent(repository, key -> new ConcurrentHashMap<>()).put(digest, manifest);
    synchronized (tags) {
      NavigableMap<String, String> own = tags.computeIfAbsent(repository, key -> new TreeMap<>());
      if (tagged) {
        own.put(reference, digest);
      }
    }
    return manifest;
  }

  Manifest get(String repository, String reference) throws RegistryException {
    String digest = reference;
    if (!reference.contains(":")) {
      synchronized (tags) {
        digest = tags.getOrDefault(repository, new TreeMap<>()).getOrDefault(reference, "");
      }
    }
    Manifest manifest = manifests.getOrDefault(repository, Map.of()).get(digest);
    if (manifest == null) {
      throw new RegistryException(404, "MANIFEST_UNKNOWN", "manifest unknown: " + reference);
    }
    return manifest;
  }

  /** Deletes a tag, or a manifest and all tags that point to it. */
  void delete(String repository, String reference) throws RegistryException {
    String digest = get(repository, reference).digest();
    synchronized (tags) {
      NavigableMap<String, String> own = tags.getOrDefault(repository, new TreeMap<>());
      if (reference.contains(":")) {
        own.values().removeIf(digest::equals);
        manifests.getOrDefault(repository, new ConcurrentHashMap<>()).remove(digest);
        content.unlink(repository, digest);
      } else {
        own.remove(reference);
      }
    }
  }

  List<String> repositories() {
    synchronized (tags) {
      return List.copyOf(tags.keySet());
    }
  }

  List<String> tags(String repository) throws RegistryException {
    synchronized (tags) {
      NavigableMap<String, String> own = tags.get(repository);
      if (own == null) {
        throw new RegistryException(404, "NAME_UNKNOWN", "repository name not known to registry");
      }
      return List.copyOf(own.keySet());
    }
  }

  /** An index of the manifests whose subject is {@code digest}. */
  ObjectNode referrers(String repository, String digest) throws RegistryException {
    ObjectNode index = JSON.createObjectNode();
    index.put("schemaVersion", 2).put("mediaType", INDEX);
    ArrayNode list = index.putArray("manifests");
    for (Manifest manifest : manifests.getOrDefault(repository, Map.of()).values()) {
      JsonNode json = parse(manifest.bytes());
      if (json.at("/subject/digest").asText().equals(digest)) {
        ObjectNode entry = list.addObject();
        entry.put("mediaType", manifest.mediaType());
        entry.put("digest", manifest.digest()).put("size", manifest.bytes().length);
        String config = json.at("/config/mediaType").asText("");
        entry.put("artifactType", json.path("artifactType").asText(config));
        if (json.has("annotations")) {
          entry.set("annotations", json.get("annotations"));
        }
      }
    }
    return index;
  }

  private static JsonNode parse(byte[] bytes) throws RegistryException {
    try {
      JsonNode json = JSON.readTree(bytes);
      if (json.path("schemaVersion").asInt() != 2) {
        throw new RegistryException(400, "MANIFEST_INVALID", "schemaVersion is not 2");
      }
      return json;
    } catch (JsonProcessingException e) {
      throw new RegistryException(400, "MANIFEST_INVALID", "the manifest is not JSON");
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  private static List<String> parts(JsonNode json) {
    List<String> parts = new ArrayList<>();
    if (json.has("config")) {
      parts.add(json.at("/config/digest").asText());
    }
    for (String list : List.of("layers", "manifests")) {
      for (JsonNode part : json.path(list)) {
        boolean elsewhere = !part.path("urls").isEmpty();
        if (!elsewhere) {
          parts.add(part.path("digest").asText());
        }
      }
    }
    return parts;
  }
}
