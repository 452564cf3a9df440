package dev.slipway.builder.output;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.flag.Fields;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.layer.LayerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Where a build's result goes: the values of {@code --output}, as {@code docker buildx} takes them.
 */
public sealed interface Output {

  /** How layers and manifests of this output are written; empty where it has none. */
  default Optional<Encoding> encoding() {
    return switch (this) {
      case Registry registry -> Optional.of(registry.written());
      case Store store -> Optional.of(store.written());
      case OciArchive archive -> Optional.of(archive.written());
      case DockerArchive archive -> Optional.of(archive.written());
      case LocalDirectory ignored -> Optional.empty();
      case Tar ignored -> Optional.empty();
    };
  }

  /**
   * Push to a registry under its name, or under the build's tags where that is empty.
   *
   * @param patience how long a registry that is out of order is waited for, with the finished image
   *     at hand, so that nothing has to be built again
   */
  record Registry(Optional<String> name, Encoding written, Duration patience) implements Output {}

  /** Keep in the local image store under the build's tags. */
  record Store(Optional<String> name, Encoding written) implements Output {}

  /** An OCI image layout, as a tar file or, with {@code tar=false}, as a directory. */
  record OciArchive(Destination destination, boolean tar, Optional<String> name, Encoding written)
      implements Output {}

  /** What {@code docker load} reads. */
  record DockerArchive(Destination destination, Optional<String> name, Encoding written)
      implements Output {}

  /** The files of the image, written into a directory. */
  record LocalDirectory(Path directory) implements Output {}

  /** The files of the image as one tar. */
  record Tar(Destination destination) implements Output {}

  /** A file, or standard output. */
  sealed interface Destination {
    record ToFile(Path path) implements Destination {}

    record ToStdout() implements Destination {}
  }

  /**
   * How layers and manifests are written.
   *
   * @param layers how the layers that a build makes are compressed
   * @param force compress layers of base images again where they are compressed another way
   * @param ociMediaTypes OCI types, or those of Docker's schema 2
   */
  record Encoding(LayerOptions layers, boolean force, boolean ociMediaTypes) {
    public static final Encoding DEFAULT =
        new Encoding(LayerOptions.of(Compression.GZIP), false, true);
  }

  /**
   * Reads one {@code --output} value.
   *
   * @throws BuildException USAGE with the field that is wrong
   */
  static Output parse(String text) {
    if (text.equals("-")) {
      return new Tar(new Destination.ToStdout());
    }
    if (!text.contains("=")) {
      return new LocalDirectory(Path.of(text));
    }
    Fields fields = Fields.parse("--output", text);
    String type = fields.require("type", "use one of oci, docker, registry, image, local, tar");
    Output output =
        switch (type) {
          case "registry" -> new Registry(name(fields), encoding(fields), patience(fields));
          case "image" -> {
            boolean push = fields.flag("push", false);
            Optional<String> name = name(fields);
            yield push
                ? new Registry(name, encoding(fields), patience(fields))
                : new Store(name, encoding(fields));
          }
          case "oci" -> {
            boolean tar = fields.flag("tar", true);
            yield new OciArchive(destination(fields), tar, name(fields), encoding(fields));
          }
          case "docker" ->
              fields.has("dest")
                  ? new DockerArchive(destination(fields), name(fields), encoding(fields))
                  : new Store(name(fields), encoding(fields));
          case "local" -> {
            if (!(destination(fields) instanceof Destination.ToFile file)) {
              throw fields.wrong("type=local writes a directory; give it dest=DIR");
            }
            yield new LocalDirectory(file.path());
          }
          case "tar" -> new Tar(destination(fields));
          default ->
              throw fields.wrong(
                  "type " + type + " is unknown; use oci, docker, registry, image, local or tar");
        };
    fields.end();
    return output;
  }

  private static Optional<String> name(Fields fields) {
    return fields.take("name").filter(name -> !name.isBlank());
  }

  private static Duration patience(Fields fields) {
    String value = fields.take("retry-for").orElse("0s");
    if (!value.matches("[0-9]{1,6}[smh]")) {
      throw fields.wrong("retry-for=" + value + " is not a time such as 90s, 5m or 1h");
    }
    return Duration.parse("PT" + value.toUpperCase(Locale.ROOT));
  }

  private static Destination destination(Fields fields) {
    String dest = fields.require("dest", "give a file, or - for standard output");
    return dest.equals("-") ? new Destination.ToStdout() : new Destination.ToFile(Path.of(dest));
  }

  private static Encoding encoding(Fields fields) {
    String value = fields.take("compression").orElse("gzip");
    Compression compression =
        switch (value) {
          case "gzip" -> Compression.GZIP;
          case "zstd" -> Compression.ZSTD;
          case "uncompressed" -> Compression.NONE;
          default ->
              throw fields.wrong(
                  "compression " + value + " is unknown; use gzip, zstd or uncompressed");
        };
    Optional<String> level = fields.take("compression-level");
    LayerOptions layers;
    try {
      layers =
          level
              .map(number -> new LayerOptions(compression, Integer.parseInt(number.strip())))
              .orElseGet(() -> LayerOptions.of(compression));
    } catch (NumberFormatException e) {
      throw fields.wrong("compression-level " + level.orElse("") + " is not a number");
    } catch (IllegalArgumentException e) {
      throw fields.wrong(String.valueOf(e.getMessage()));
    }
    return new Encoding(
        layers, fields.flag("force-compression", false), fields.flag("oci-mediatypes", true));
  }
}
