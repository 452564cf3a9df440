package dev.slipway.builder.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Points at some bytes: what they are, their digest and their size. See the OCI image
 * specification, <a
 * href="https://github.com/opencontainers/image-spec/blob/main/descriptor.md">descriptors</a>.
 *
 * @param size in bytes, never negative
 * @param urls other places to download from; empty for almost everything
 * @param annotations in the order in which they are written
 * @param platform set in the entries of an index
 * @param artifactType what kind of artifact a manifest holds; null for container images
 */
public record Descriptor(
    MediaType mediaType,
    Digest digest,
    long size,
    List<String> urls,
    Map<String, String> annotations,
    @Nullable Platform platform,
    @Nullable String artifactType) {

  public Descriptor {
    if (size < 0) {
      throw Json.invalid("descriptor of " + digest, "its size " + size + " is negative");
    }
    urls = List.copyOf(urls);
    annotations = Json.orderedCopy(annotations);
  }

  public Descriptor(MediaType mediaType, Digest digest, long size) {
    this(mediaType, digest, size, List.of(), Map.of(), null, null);
  }

  /** Describes {@code bytes} by their SHA-256. */
  public static Descriptor of(MediaType mediaType, byte[] bytes) {
    return new Descriptor(mediaType, Digest.sha256(bytes), bytes.length);
  }

  public Optional<Platform> platformIfKnown() {
    return Optional.ofNullable(platform);
  }

  public Descriptor withMediaType(MediaType value) {
    return new Descriptor(value, digest, size, urls, annotations, platform, artifactType);
  }

  public Descriptor withPlatform(@Nullable Platform value) {
    return new Descriptor(mediaType, digest, size, urls, annotations, value, artifactType);
  }

  public Descriptor withAnnotations(Map<String, String> value) {
    return new Descriptor(mediaType, digest, size, urls, value, platform, artifactType);
  }

  static Descriptor fromJson(String subject, JsonNode node) {
    ObjectNode object = Json.object(subject, node);
    long size = Json.requiredLong(subject, object, "size");
    JsonNode platform = object.path("platform");
    return new Descriptor(
        MediaType.parse(Json.required(subject, object, "mediaType")),
        Digest.parse(Json.required(subject, object, "digest")),
        size,
        Json.strings(subject, object, "urls"),
        Json.stringMap(subject, object, "annotations"),
        platform.isObject() ? Platform.fromJson(subject, (ObjectNode) platform) : null,
        Json.optional(subject, object, "artifactType"));
  }

  ObjectNode toJson() {
    ObjectNode node = Json.object();
    node.put("mediaType", mediaType.value());
    node.put("digest", digest.toString());
    node.put("size", size);
    Json.put(node, "urls", urls);
    Json.put(node, "annotations", annotations);
    if (platform != null) {
      node.set("platform", platform.toJson());
    }
    Json.put(node, "artifactType", artifactType);
    return node;
  }
}
