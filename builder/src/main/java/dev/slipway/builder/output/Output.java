package dev.slipway.builder.output;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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
   * @param level of the compression; absent means its default
   * @param force compress layers of base images again where they are compressed another way
   * @param ociMediaTypes OCI types, or those of Docker's schema 2
   */
  record Encoding(
      Compression compression, Optional<Integer> level, boolean force, boolean ociMediaTypes) {
    public static final Encoding DEFAULT =
        new Encoding(Compression.GZIP, Optional.empty(), false, true);
  }

  /** How layers are compressed. */
  enum Compression {
    UNCOMPRESSED,
    GZIP,
    ZSTD
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
    Map<String, String> fields = fields(text);
    String type = fields.remove("type");
    if (type == null) {
      throw wrong(text, "it has no type=; use one of oci, docker, registry, image, local, tar");
    }
    Output output =
        switch (type) {
          case "registry" ->
              new Registry(name(fields), encoding(text, fields), patience(text, fields));
          case "image" -> {
            boolean push = flag(text, fields, "push", false);
            Optional<String> name = name(fields);
            yield push
                ? new Registry(name, encoding(text, fields), patience(text, fields))
                : new Store(name, encoding(text, fields));
          }
          case "oci" -> {
            boolean tar = flag(text, fields, "tar", true);
            yield new OciArchive(
                destination(text, fields), tar, name(fields), encoding(text, fields));
          }
          case "docker" ->
              fields.containsKey("dest")
                  ? new DockerArchive(
                      destination(text, fields), name(fields), encoding(text, fields))
                  : new Store(name(fields), encoding(text, fields));
          case "local" -> {
            if (!(destination(text, fields) instanceof Destination.ToFile file)) {
              throw wrong(text, "type=local writes a directory; give it dest=DIR");
            }
            yield new LocalDirectory(file.path());
          }
          case "tar" -> new Tar(destination(text, fields));
          default ->
              throw wrong(
                  text,
                  "type " + type + " is unknown; use oci, docker, registry, image, local or tar");
        };
    if (!fields.isEmpty()) {
      throw wrong(text, "the field " + fields.keySet().iterator().next() + " is not supported");
    }
    return output;
  }

  private static Map<String, String> fields(String text) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String field : text.split(",", -1)) {
      int equals = field.indexOf('=');
      if (equals < 1) {
        throw wrong(text, "'" + field + "' is not of the form key=value");
      }
      fields.put(field.substring(0, equals).strip(), field.substring(equals + 1));
    }
    return fields;
  }

  private static Duration patience(String text, Map<String, String> fields) {
    String value = fields.remove("retry-for");
    if (value == null) {
      return Duration.ZERO;
    }
    if (!value.matches("[0-9]{1,6}[smh]")) {
      throw wrong(text, "retry-for=" + value + " is not a time such as 90s, 5m or 1h");
    }
    return Duration.parse("PT" + value.toUpperCase(Locale.ROOT));
  }

  private static Optional<String> name(Map<String, String> fields) {
    return Optional.ofNullable(fields.remove("name")).filter(name -> !name.isBlank());
  }

  private static Destination destination(String text, Map<String, String> fields) {
    String dest = fields.remove("dest");
    if (dest == null || dest.isEmpty()) {
      throw wrong(text, "it has no dest=; give a file, or - for standard output");
    }
    return dest.equals("-") ? new Destination.ToStdout() : new Destination.ToFile(Path.of(dest));
  }

  private static Encoding encoding(String text, Map<String, String> fields) {
    String value = fields.remove("compression");
    Compression compression =
        switch (value == null ? "gzip" : value) {
          case "gzip" -> Compression.GZIP;
          case "zstd" -> Compression.ZSTD;
          case "uncompressed" -> Compression.UNCOMPRESSED;
          default ->
              throw wrong(
                  text, "compression " + value + " is unknown; use gzip, zstd or uncompressed");
        };
    String level = fields.remove("compression-level");
    Optional<Integer> parsed = Optional.empty();
    if (level != null) {
      try {
        parsed = Optional.of(Integer.valueOf(level));
      } catch (NumberFormatException e) {
        throw wrong(text, "compression-level " + level + " is not a number");
      }
    }
    return new Encoding(
        compression,
        parsed,
        flag(text, fields, "force-compression", false),
        flag(text, fields, "oci-mediatypes", true));
  }

  private static boolean flag(
      String text, Map<String, String> fields, String name, boolean otherwise) {
    String value = fields.remove(name);
    if (value == null) {
      return otherwise;
    }
    if (Set.of("true", "1", "").contains(value)) {
      return true;
    }
    if (Set.of("false", "0").contains(value)) {
      return false;
    }
    throw wrong(text, name + "=" + value + " is neither true nor false");
  }

  private static BuildException wrong(String text, String why) {
    return new BuildException(ErrorCode.USAGE, "--output " + text + ": " + why);
  }
}
