package dev.slipway.builder.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A list of manifests, usually one a platform: an OCI image index or a Docker manifest list. See
 * the OCI image specification, <a
 * href="https://github.com/opencontainers/image-spec/blob/main/image-index.md">image index</a>.
 */
public record Index(
    MediaType mediaType,
    @Nullable String artifactType,
    List<Descriptor> manifests,
    @Nullable Descriptor subject,
    Map<String, String> annotations)
    implements ManifestOrIndex {

  /** BuildKit's mark on manifests in an index that are attestations of another one. */
  private static final String ATTESTATION = "vnd.docker.reference.type";

  public Index {
    manifests = List.copyOf(manifests);
    annotations = Json.orderedCopy(annotations);
  }

  /** An index of {@code manifests}, whose media types have to be of the same family. */
  public static Index of(
      ImageFormat format, List<Descriptor> manifests, Map<String, String> annotations) {
    return new Index(format.index(), null, manifests, null, annotations);
  }

  /**
   * Reads the bytes that a registry or a layout holds.
   *
   * @param mediaType what the registry or the layout says the bytes are
   * @throws dev.slipway.builder.failure.BuildException {@code IMAGE_INVALID} if the bytes are not
   *     such an index, or could be read as something else too
   */
  public static Document<Index> parse(MediaType mediaType, byte[] bytes) {
    String subject = "index " + Digest.sha256(bytes);
    ObjectNode node = Json.parseObject(subject, bytes);
    Documents.checkKind(subject, mediaType, node);
    if (!mediaType.isIndex()) {
      throw Json.invalid(subject, "it is a " + mediaType + ", not an image index");
    }
    List<Descriptor> manifests = new ArrayList<>();
    for (JsonNode entry : Json.items(subject, node, "manifests")) {
      manifests.add(
          Descriptor.fromJson("entry " + (manifests.size() + 1) + " of " + subject, entry));
    }
    JsonNode about = node.get("subject");
    Index index =
        new Index(
            mediaType,
            Json.optional(subject, node, "artifactType"),
            manifests,
            about == null || about.isNull()
                ? null
                : Descriptor.fromJson("subject of " + subject, about),
            Json.stringMap(subject, node, "annotations"));
    return new Document<>(index, mediaType, bytes);
  }

  @Override
  public List<Descriptor> references() {
    return manifests;
  }

  /** Writes this index: the same index always gives the same bytes. */
  @Override
  public Document<Index> toDocument() {
    ObjectNode node = Json.object();
    node.put("schemaVersion", 2);
    node.put("mediaType", mediaType.value());
    Json.put(node, "artifactType", artifactType);
    ArrayNode array = node.putArray("manifests");
    manifests.forEach(entry -> array.add(entry.toJson()));
    if (subject != null) {
      node.set("subject", subject.toJson());
    }
    Json.put(node, "annotations", annotations);
    return new Document<>(this, mediaType, Json.bytes(node));
  }

  /**
   * The entry that suits {@code wanted} best: the exact one, else the nearest that runs on it, as
   * docker chooses. Attestations are never chosen. An entry that names no platform is taken only if
   * nothing better is there.
   */
  public Optional<Descriptor> select(Platform wanted) {
    Descriptor best = null;
    int bestRank = Integer.MAX_VALUE;
    for (Descriptor entry : manifests) {
      if (isAttestation(entry)
          || !(entry.mediaType().isManifest() || entry.mediaType().isIndex())) {
        continue;
      }
      Platform platform = entry.platform();
      int rank = platform == null ? Integer.MAX_VALUE - 1 : wanted.rank(platform);
      if (rank >= 0 && rank < bestRank) {
        best = entry;
        bestRank = rank;
      }
    }
    return Optional.ofNullable(best);
  }

  /** The platforms that this index offers, in its order, for messages and listings. */
  public List<Platform> platforms() {
    List<Platform> all = new ArrayList<>();
    for (Descriptor entry : manifests) {
      Platform platform = entry.platform();
      if (platform != null && !isAttestation(entry) && !all.contains(platform)) {
        all.add(platform);
      }
    }
    return all;
  }

  private static boolean isAttestation(Descriptor entry) {
    return entry.annotations().containsKey(ATTESTATION);
  }
}
