package dev.slipway.builder.cache;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.flag.Fields;
import dev.slipway.builder.image.ImageReference;
import java.nio.file.Path;

/** Where steps are remembered outside of the local store. */
public sealed interface CachePlace {

  /** A tag of a repository. */
  record InRegistry(ImageReference reference) implements CachePlace {}

  /** An OCI layout in a directory. */
  record InDirectory(Path directory, String tag) implements CachePlace {}

  /** In the image itself. */
  record Inline() implements CachePlace {}

  /**
   * Reads the fields that say where.
   *
   * @param directory the name of the field with the path: {@code src} or {@code dest}
   * @throws BuildException USAGE; UNSUPPORTED for a type that only BuildKit has
   */
  static CachePlace take(Fields fields, String directory) {
    String type = fields.require("type", "use one of registry, local, inline");
    return switch (type) {
      case "registry" -> new InRegistry(reference(fields, fields.require("ref", "name a tag")));
      case "local" ->
          new InDirectory(
              Path.of(fields.require(directory, "name a directory")).toAbsolutePath(),
              fields.take("tag").filter(tag -> !tag.isEmpty()).orElse("latest"));
      case "inline" -> new Inline();
      // Each needs a service of one vendor.
      case "gha", "s3", "azblob" ->
          throw new BuildException(
              ErrorCode.UNSUPPORTED,
              String.valueOf(
                  fields
                      .wrong("type=" + type + " is not supported; use type=registry,ref=NAME")
                      .getMessage()));
      default -> throw fields.wrong("type " + type + " is unknown; use registry, local or inline");
    };
  }

  private static ImageReference reference(Fields fields, String text) {
    try {
      ImageReference reference = ImageReference.parse(text);
      return reference.digestIfKnown().isPresent() ? reference : reference.withDefaultTag();
    } catch (BuildException e) {
      throw fields.wrong(String.valueOf(e.getMessage()));
    }
  }
}
