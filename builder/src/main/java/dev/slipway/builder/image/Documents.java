package dev.slipway.builder.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;

/** What manifests and indexes have in common when they are read. */
final class Documents {

  private Documents() {}

  /** What a document says it is; {@code otherwise} where it says nothing. */
  static MediaType ownType(MediaType otherwise, byte[] bytes) {
    String subject = "manifest " + Digest.sha256(bytes);
    String own = Json.optional(subject, Json.parseObject(subject, bytes), "mediaType");
    return own == null || own.isEmpty() ? otherwise : MediaType.parse(own);
  }

  /**
   * Refuses bytes that one tool may take for a manifest and another for an index, and bytes that
   * are something else than was said (CVE-2021-41190, <a
   * href="https://github.com/opencontainers/image-spec/security/advisories/GHSA-77vh-xpmg-72qh">
   * GHSA-77vh-xpmg-72qh</a>).
   */
  static void checkKind(String subject, MediaType said, ObjectNode node) {
    if (said.isSchema1() || Json.optionalLong(subject, node, "schemaVersion") == 1) {
      throw new BuildException(
          ErrorCode.UNSUPPORTED,
          "reading "
              + subject
              + ": it is a Docker schema 1 manifest, which has been obsolete since 2017: push the"
              + " image again with a current tool");
    }
    String written = Json.optional(subject, node, "mediaType");
    if (written != null && !written.isEmpty() && !MediaType.parse(written).equals(said)) {
      throw Json.invalid(subject, "it says it is a " + written + ", but was sent as a " + said);
    }
    boolean manifest = node.has("config") || node.has("layers");
    boolean index = node.has("manifests");
    if (manifest && index) {
      throw Json.invalid(subject, "it has both layers and manifests, so its kind is unclear");
    }
    if (said.isIndex() && manifest) {
      throw Json.invalid(subject, "it was sent as an index, but is a manifest");
    }
    if (said.isManifest() && index) {
      throw Json.invalid(subject, "it was sent as a manifest, but is an index");
    }
  }
}
