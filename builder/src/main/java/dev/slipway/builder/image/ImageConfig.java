package dev.slipway.builder.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The config of an image: platform, how to run it, the diff IDs of its layers, its history. See the
 * OCI image specification, <a
 * href="https://github.com/opencontainers/image-spec/blob/main/config.md">config</a>; docker's own
 * fields (health check, on-build, shell) are known too.
 *
 * @param created null where the builder did not say
 * @param author empty for none
 * @param diffIds digests of the uncompressed layer tars, lowest first
 * @param history oldest first; the entries that are not empty layers belong to {@code diffIds}
 * @param other fields that this engine does not know, kept as they were
 */
public record ImageConfig(
    @Nullable Instant created,
    String author,
    Platform platform,
    ContainerConfig config,
    List<Digest> diffIds,
    List<History> history,
    Map<String, JsonNode> other) {

  private static final Set<String> KNOWN =
      Set.of(
          "created",
          "author",
          "architecture",
          "os",
          "os.version",
          "os.features",
          "variant",
          "config",
          "rootfs",
          "history");

  /**
   * Traces of docker's classic builder. They describe the container and the parent of that very
   * image and would be false in a child of it. The bytes of a base that is passed on keep them.
   */
  private static final Set<String> OBSOLETE =
      Set.of("container", "container_config", "docker_version", "id", "parent", "parent_id");

  public ImageConfig {
    diffIds = List.copyOf(diffIds);
    history = List.copyOf(history);
    other = Json.orderedCopy(other);
  }

  /** The config of {@code FROM scratch}. */
  public static ImageConfig scratch(Platform platform) {
    return new ImageConfig(
        null, "", platform, ContainerConfig.EMPTY, List.of(), List.of(), Map.of());
  }

  /**
   * Reads the bytes that a registry or an archive holds.
   *
   * @throws dev.slipway.builder.failure.BuildException {@code IMAGE_INVALID} if the bytes are not
   *     the config of an image
   */
  public static Document<ImageConfig> parse(MediaType mediaType, byte[] bytes) {
    String subject = "image config " + Digest.sha256(bytes);
    ObjectNode node = Json.parseObject(subject, bytes);
    String created = Json.text(subject, node, "created");
    ImageConfig config =
        new ImageConfig(
            created.isEmpty() ? null : GoTime.parse(subject, created),
            Json.text(subject, node, "author"),
            Platform.fromJson(subject, node),
            node.path("config") instanceof ObjectNode run
                ? ContainerConfig.fromJson(subject, run)
                : ContainerConfig.EMPTY,
            diffIds(subject, node),
            history(subject, node),
            unknown(node));
    return new Document<>(config, mediaType, bytes);
  }

  /** Writes this config: the same config always gives the same bytes. */
  public Document<ImageConfig> toDocument(ImageFormat format) {
    // Sorted at the top, as BuildKit writes it; below, docker's own order.
    Map<String, JsonNode> fields = new TreeMap<>(other);
    for (Map.Entry<String, JsonNode> field : platform.toJson().properties()) {
      fields.put(field.getKey(), field.getValue());
    }
    ObjectNode node = Json.object();
    if (created != null) {
      fields.put("created", node.textNode(GoTime.format(created)));
    }
    if (!author.isEmpty()) {
      fields.put("author", node.textNode(author));
    }
    fields.put("config", config.toJson());
    ObjectNode rootfs = Json.object();
    rootfs.put("type", "layers");
    ArrayNode ids = rootfs.putArray("diff_ids");
    diffIds.forEach(id -> ids.add(id.toString()));
    fields.put("rootfs", rootfs);
    if (!history.isEmpty()) {
      ArrayNode lines = Json.array();
      history.forEach(line -> lines.add(line.toJson()));
      fields.put("history", lines);
    }
    node.setAll(fields);
    return new Document<>(this, format.config(), Json.bytes(node));
  }

  public ImageConfig withCreated(@Nullable Instant value) {
    return new ImageConfig(value, author, platform, config, diffIds, history, other);
  }

  public ImageConfig withAuthor(String value) {
    return new ImageConfig(created, value, platform, config, diffIds, history, other);
  }

  public ImageConfig withPlatform(Platform value) {
    return new ImageConfig(created, author, value, config, diffIds, history, other);
  }

  public ImageConfig withConfig(ContainerConfig value) {
    return new ImageConfig(created, author, platform, value, diffIds, history, other);
  }

  public ImageConfig withDiffIds(List<Digest> value) {
    return new ImageConfig(created, author, platform, config, value, history, other);
  }

  public ImageConfig withHistory(List<History> value) {
    return new ImageConfig(created, author, platform, config, diffIds, value, other);
  }

  /** One more step that changed no file. */
  public ImageConfig plus(History line) {
    List<History> lines = new ArrayList<>(history);
    lines.add(line);
    return withHistory(lines);
  }

  /** One more layer, and the line of history that belongs to it. */
  public ImageConfig plus(Digest diffId, History line) {
    List<Digest> ids = new ArrayList<>(diffIds);
    ids.add(diffId);
    return withDiffIds(ids).plus(line);
  }

  private static List<Digest> diffIds(String subject, ObjectNode node) {
    if (!(node.path("rootfs") instanceof ObjectNode rootfs)) {
      throw Json.invalid(subject, "the field \"rootfs\" is missing");
    }
    String type = Json.text(subject, rootfs, "type");
    if (!type.equals("layers")) {
      throw Json.invalid(subject, "its rootfs is of type \"" + Json.shorten(type) + "\"");
    }
    List<Digest> ids = new ArrayList<>();
    for (String id : Json.strings(subject, rootfs, "diff_ids")) {
      ids.add(Digest.parse(id));
    }
    return ids;
  }

  private static List<History> history(String subject, ObjectNode node) {
    List<History> lines = new ArrayList<>();
    for (JsonNode line : Json.items(subject, node, "history")) {
      lines.add(History.fromJson(subject, Json.object(subject, line)));
    }
    return lines;
  }

  private static Map<String, JsonNode> unknown(ObjectNode node) {
    Map<String, JsonNode> fields = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!KNOWN.contains(field.getKey()) && !OBSOLETE.contains(field.getKey())) {
        fields.put(field.getKey(), field.getValue());
      }
    }
    return fields;
  }
}
