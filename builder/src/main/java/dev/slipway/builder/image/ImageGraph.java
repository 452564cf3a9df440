package dev.slipway.builder.image;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that an image consists of, each thing once: the blobs, and the manifests in an order in which
 * they may be stored, what is pointed at before what points at it.
 *
 * @param root what everything hangs from, the last of {@code manifests}
 * @param manifests and indexes
 * @param blobs configs and layers, without those that may not be passed on
 */
public record ImageGraph(
    Document<? extends ManifestOrIndex> root,
    List<Document<? extends ManifestOrIndex>> manifests,
    List<Descriptor> blobs) {

  private static final int MAX_MANIFEST = 4 * 1024 * 1024;
  private static final int MAX_DEPTH = 8;
  private static final int MAX_MANIFESTS = 10_000;

  public ImageGraph {
    manifests = List.copyOf(manifests);
    blobs = List.copyOf(blobs);
  }

  /**
   * Follows an image from its root; reads manifests and indexes only.
   *
   * @throws BuildException {@code IMAGE_INVALID} if something is missing or malformed
   */
  public static ImageGraph read(BlobSource source, Descriptor root) {
    Walk walk = new Walk(source);
    walk.visit(root, 0);
    List<Document<? extends ManifestOrIndex>> all = new ArrayList<>(walk.manifests.values());
    return new ImageGraph(all.getLast(), all, new ArrayList<>(walk.blobs.values()));
  }

  /** Reads and checks a manifest or index. */
  public static Document<? extends ManifestOrIndex> document(
      BlobSource source, Descriptor descriptor) {
    if (descriptor.size() > MAX_MANIFEST) {
      throw new BuildException(
          ErrorCode.IMAGE_INVALID,
          "reading manifest "
              + descriptor.digest()
              + ": it is "
              + descriptor.size()
              + " bytes long, more than "
              + MAX_MANIFEST);
    }
    return ManifestOrIndex.parse(descriptor.mediaType(), bytes(source, descriptor));
  }

  /** All bytes of something known to be small, checked. */
  static byte[] bytes(BlobSource source, Descriptor descriptor) {
    try (InputStream in = new VerifiedStream(source.open(descriptor), descriptor, "an image")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.IO, "reading " + descriptor.digest() + ": " + e.getMessage(), e);
    }
  }

  private static final class Walk {
    private final BlobSource source;
    private final Map<Digest, Document<? extends ManifestOrIndex>> manifests =
        new LinkedHashMap<>();
    private final Map<Digest, Descriptor> blobs = new LinkedHashMap<>();

    Walk(BlobSource source) {
      this.source = source;
    }

    void visit(Descriptor descriptor, int depth) {
      if (manifests.containsKey(descriptor.digest())) {
        return;
      }
      if (depth > MAX_DEPTH || manifests.size() > MAX_MANIFESTS) {
        throw new BuildException(
            ErrorCode.IMAGE_INVALID,
            "reading an image: its indexes are nested too deeply, or are too large");
      }
      Document<? extends ManifestOrIndex> document = document(source, descriptor);
      for (Descriptor reference : document.content().references()) {
        boolean isManifest = reference.mediaType().isManifest() || reference.mediaType().isIndex();
        if (isManifest && document.content() instanceof Index) {
          visit(reference, depth + 1);
        } else if (!reference.mediaType().isForeignLayer()) {
          blobs.putIfAbsent(reference.digest(), reference);
        }
      }
      manifests.put(descriptor.digest(), document);
    }
  }
}
