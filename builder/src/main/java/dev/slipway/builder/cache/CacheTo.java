package dev.slipway.builder.cache;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.flag.Fields;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.layer.LayerOptions;
import java.util.Optional;

/**
 * One {@code --cache-to}: a cache to write, while the build runs.
 *
 * @param mode which layers it keeps
 * @param encoding how they are compressed; empty means as in the image
 * @param ignoreError whether the build succeeds where the cache cannot be written
 * @param mounts whether it keeps cache mounts too
 */
public record CacheTo(
    CachePlace place,
    Mode mode,
    Optional<LayerOptions> encoding,
    boolean ignoreError,
    boolean mounts) {
  private static final String FLAG = "--cache-to";

  /** Which layers a cache keeps. It remembers every step in either mode. */
  public enum Mode {
    /** Those of the image. */
    MIN,
    /** Those of every stage. */
    MAX
  }

  /**
   * Reads {@code type=registry,ref=NAME,mode=max} and the like, or a name alone.
   *
   * @throws BuildException USAGE or UNSUPPORTED with what is wrong
   */
  public static CacheTo parse(String text) {
    if (text.equals("inline")) {
      return parse("type=inline");
    }
    if (!text.contains("=")) {
      return new CacheTo(
          new CachePlace.InRegistry(ImageReference.parse(text).withDefaultTag()),
          Mode.MIN,
          Optional.empty(),
          true,
          false);
    }
    Fields fields = Fields.parse(FLAG, text);
    CachePlace place = CachePlace.take(fields, "dest");
    if (place instanceof CachePlace.InRegistry(ImageReference reference)
        && reference.digestIfKnown().isPresent()) {
      throw fields.wrong("a cache is written to a tag, not to a digest");
    }
    Mode mode = mode(fields);
    if (place instanceof CachePlace.Inline && mode == Mode.MAX) {
      throw fields.wrong(
          "an inline cache holds the image's own layers (mode=min); for those of all stages use"
              + " type=registry");
    }
    Optional<LayerOptions> encoding = encoding(fields);
    if (place instanceof CachePlace.Inline && encoding.isPresent()) {
      throw fields.wrong("an inline cache has the compression of the image: see --output");
    }
    boolean ignoreError = fields.flag("ignore-error", true);
    boolean mounts = fields.flag("mounts", false);
    if (place instanceof CachePlace.Inline && mounts) {
      throw fields.wrong("cache mounts do not belong into an image; use type=registry");
    }
    // Every layer of a cache is written by us, so these two hold in any case.
    fields.flag("force-compression", true);
    if (!fields.flag("oci-mediatypes", true)) {
      throw fields.wrong("oci-mediatypes=false: a cache is an OCI artifact");
    }
    if (!fields.flag("image-manifest", true)) {
      throw fields.wrong("image-manifest=false: a cache is one manifest, not an index");
    }
    fields.end();
    return new CacheTo(place, mode, encoding, ignoreError, mounts);
  }

  private static Mode mode(Fields fields) {
    String mode = fields.take("mode").orElse("min");
    return switch (mode) {
      case "min" -> Mode.MIN;
      case "max" -> Mode.MAX;
      default -> throw fields.wrong("mode " + mode + " is unknown; use min or max");
    };
  }

  private static Optional<LayerOptions> encoding(Fields fields) {
    Optional<String> name = fields.take("compression");
    Optional<String> level = fields.take("compression-level");
    if (name.isEmpty()) {
      if (level.isPresent()) {
        throw fields.wrong("compression-level needs compression=gzip or zstd");
      }
      return Optional.empty();
    }
    Compression compression =
        switch (name.get()) {
          case "gzip" -> Compression.GZIP;
          case "zstd" -> Compression.ZSTD;
          case "uncompressed" -> Compression.NONE;
          default ->
              throw fields.wrong(
                  "compression "
                      + name.get()
                      + " is not supported; use gzip, zstd or uncompressed");
        };
    try {
      return Optional.of(
          level
              .map(text -> new LayerOptions(compression, Integer.parseInt(text)))
              .orElseGet(() -> LayerOptions.of(compression)));
    } catch (IllegalArgumentException e) {
      throw fields.wrong("compression-level: " + e.getMessage());
    }
  }
}
