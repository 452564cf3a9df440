package dev.slipway.builder.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * Writes images as {@code docker save} does since version 25: {@code manifest.json} for {@code
 * docker load}, {@code repositories} for older readers, and the OCI layout that both point into.
 * Blobs are streamed; the same images always give the same bytes.
 */
public final class DockerArchive {

  static final String MANIFEST = "manifest.json";

  private DockerArchive() {}

  /**
   * Writes a tar, as {@code --output type=docker}. Does not close {@code out}.
   *
   * @throws BuildException {@code UNSUPPORTED} for an index of several platforms, which the format
   *     cannot hold
   */
  public static void writeTar(OutputStream out, List<NamedImage> images, BlobSource source)
      throws IOException {
    for (NamedImage image : images) {
      if (!image.root().mediaType().isManifest()) {
        throw new BuildException(
            ErrorCode.UNSUPPORTED,
            "writing a docker archive: it holds images of one platform each, and "
                + image.root().digest()
                + " is an index. Use type=oci, or build for one platform");
      }
    }
    TarWriter tar = new TarWriter(out);
    List<ImageGraph> graphs = OciLayout.writeBlobs(tar, images, source);
    tar.file(OciLayout.INDEX, Json.bytes(OciLayout.index(images, List.of())));
    ArrayNode manifests = Json.array();
    ObjectNode repositories = Json.object();
    for (int i = 0; i < images.size(); i++) {
      if (graphs.get(i).root().content() instanceof Manifest manifest) {
        manifests.add(entry(images.get(i), manifest));
        addRepositories(repositories, images.get(i), manifest);
      }
    }
    tar.file(MANIFEST, Json.bytes(manifests));
    tar.file(OciLayout.MARKER, OciLayout.MARKER_CONTENT);
    if (!repositories.isEmpty()) {
      tar.file("repositories", Json.bytes(repositories));
    }
    tar.finish();
  }

  private static ObjectNode entry(NamedImage image, Manifest manifest) {
    ObjectNode entry = Json.object();
    entry.put("Config", OciLayout.path(manifest.config().digest()));
    ArrayNode tags = entry.putArray("RepoTags");
    for (ImageReference name : image.names()) {
      tags.add(tagged(name).familiar());
    }
    ArrayNode layers = entry.putArray("Layers");
    manifest.layers().forEach(layer -> layers.add(OciLayout.path(layer.digest())));
    return entry;
  }

  /** Name, tag and the id of the top layer: all that readers before 2016 knew. */
  private static void addRepositories(
      ObjectNode repositories, NamedImage image, Manifest manifest) {
    if (manifest.layers().isEmpty()) {
      return;
    }
    String top = manifest.layers().getLast().digest().hex();
    for (ImageReference name : image.names()) {
      ImageReference tagged = tagged(name);
      repositories.withObjectProperty(tagged.name().familiar()).put(tagged.tagOrDefault(), top);
    }
  }

  private static ImageReference tagged(ImageReference name) {
    return name.name().withTag(name.tagOrDefault());
  }
}
