package dev.slipway.builder.image;

import dev.slipway.builder.failure.BuildException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a tag can point at. */
public sealed interface ManifestOrIndex permits Manifest, Index {

  MediaType mediaType();

  @Nullable String artifactType();

  @Nullable Descriptor subject();

  Map<String, String> annotations();

  /** What has to be in the same repository before this may be pushed: blobs, or manifests. */
  List<Descriptor> references();

  Document<? extends ManifestOrIndex> toDocument();

  /**
   * Reads the bytes that a registry or an archive holds.
   *
   * @param mediaType what they are said to be; where that is nothing of this kind, as plain file
   *     servers say {@code application/json}, the bytes speak for themselves
   * @throws BuildException {@code IMAGE_INVALID} if they are neither, or could be read as both
   */
  static Document<? extends ManifestOrIndex> parse(MediaType mediaType, byte[] bytes) {
    boolean known = mediaType.isIndex() || mediaType.isManifest() || mediaType.isSchema1();
    return parseAs(known ? mediaType : Documents.ownType(mediaType, bytes), bytes);
  }

  private static Document<? extends ManifestOrIndex> parseAs(MediaType mediaType, byte[] bytes) {
    return mediaType.isIndex() ? Index.parse(mediaType, bytes) : Manifest.parse(mediaType, bytes);
  }
}
