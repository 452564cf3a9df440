package dev.slipway.builder.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The manifest of one image for one platform: its config and its layers, lowest first. See the OCI
 * image specification, <a
 * href="https://github.com/opencontainers/image-spec/blob/main/manifest.md">manifest</a>, and
 * Docker's schema 2, which has the same shape.
 *
 * @param subject the manifest that this one speaks about (signatures, attestations); null for none
 * @param artifactType null for container images
 */
public record Manifest(
    MediaType mediaType,
    @Nullable String artifactType,
    Descriptor config,
    List<Descriptor> layers,
    @Nullable Descriptor subject,
    Map<String, String> annotations)
    implements ManifestOrIndex {

  public Manifest {
    layers = List.copyOf(layers);
    annotations = Json.orderedCopy(annotations);
  }

  /** A plain image in {@code format}; config and layers take the media types of that family. */
  public static Manifest of(
      ImageFormat format,
      Descriptor config,
      List<Descriptor> layers,
      Map<String, String> annotations) {
    return new Manifest(
        format.manifest(),
        null,
        config.withMediaType(config.mediaType().in(format)),
        layers.stream().map(d -> d.withMediaType(d.mediaType().in(format))).toList(),
        null,
        annotations);
  }

  /**
   * Reads the bytes that a registry or a layout holds.
   *
   * @param mediaType what the registry or the index says the bytes are
   * @throws dev.slipway.builder.failure.BuildException {@code IMAGE_INVALID} if the bytes are not
   *     such a manifest, or could be read as something else too
   */
  public static Document<Manifest> parse(MediaType mediaType, byte[] bytes) {
    String subject = "manifest " + Digest.sha256(bytes);
    ObjectNode node = Json.parseObject(subject, bytes);
    Documents.checkKind(subject, mediaType, node);
    if (!mediaType.isManifest()) {
      throw Json.invalid(subject, "it is a " + mediaType + ", not an image manifest");
    }
    List<Descriptor> layers = new ArrayList<>();
    for (JsonNode layer : Json.items(subject, node, "layers")) {
      layers.add(Descriptor.fromJson("layer " + (layers.size() + 1) + " of " + subject, layer));
    }
    JsonNode about = node.get("subject");
    Manifest manifest =
        new Manifest(
            mediaType,
            Json.optional(subject, node, "artifactType"),
            Descriptor.fromJson("config of " + subject, node.get("config")),
            layers,
            about == null || about.isNull()
                ? null
                : Descriptor.fromJson("subject of " + subject, about),
            Json.stringMap(subject, node, "annotations"));
    return new Document<>(manifest, mediaType, bytes);
  }

  /** The config and the layers. */
  @Override
  public List<Descriptor> references() {
    List<Descriptor> all = new ArrayList<>(layers.size() + 1);
    all.add(config);
    all.addAll(layers);
    return all;
  }

  /** Writes this manifest: the same manifest always gives the same bytes. */
  @Override
  public Document<Manifest> toDocument() {
    ObjectNode node = Json.object();
    node.put("schemaVersion", 2);
    node.put("mediaType", mediaType.value());
    Json.put(node, "artifactType", artifactType);
    node.set("config", config.toJson());
    ArrayNode array = node.putArray("layers");
    layers.forEach(layer -> array.add(layer.toJson()));
    if (subject != null) {
      node.set("subject", subject.toJson());
    }
    Json.put(node, "annotations", annotations);
    return new Document<>(this, mediaType, Json.bytes(node));
  }

  /** Whether this is a container image, and not some artifact that is kept like one. */
  public boolean isImage() {
    return config.mediaType().isConfig();
  }

  /** What a pull of this image moves, in bytes: config and layers. */
  public long size() {
    return config.size() + layers.stream().mapToLong(Descriptor::size).sum();
  }
}
