package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where the value of a build secret comes from: {@code --secret id=ID[,src=FILE|,env=NAME]}.
 *
 * <p>Holds no value: that is read when a step mounts it.
 */
public sealed interface SecretSource {
  /** Docker's own limit; also keeps a mistaken {@code src=} of a huge file out of memory. */
  long LARGEST = 500L * 1024;

  String id();

  byte[] read();

  /** The value, or empty where it cannot be read; a step that needs it says so. */
  default Optional<byte[]> readIfThere() {
    try {
      return Optional.of(read());
    } catch (BuildException e) {
      return Optional.empty();
    }
  }

  /** The content of a file. */
  record FromFile(String id, Path file) implements SecretSource {
    @Override
    public byte[] read() {
      try {
        if (Files.size(file) > LARGEST) {
          throw new BuildException(
              ErrorCode.USAGE, "--secret id=" + id + ": the file is larger than 500 KB");
        }
        return Files.readAllBytes(file);
      } catch (IOException e) {
        throw new BuildException(
            ErrorCode.SECRET_NOT_FOUND,
            "--secret id=" + id + ": the file " + file + " cannot be read",
            e);
      }
    }
  }

  /** The value of an environment variable of the builder. */
  record FromEnvironment(String id, String name) implements SecretSource {
    @Override
    public byte[] read() {
      String value = System.getenv(name);
      if (value == null) {
        throw new BuildException(
            ErrorCode.SECRET_NOT_FOUND,
            "--secret id=" + id + ": the environment variable " + name + " is not set");
      }
      return value.getBytes(StandardCharsets.UTF_8);
    }
  }

  /**
   * Reads one {@code --secret} value.
   *
   * @throws BuildException USAGE with the field that is wrong
   */
  static SecretSource parse(String text) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String field : text.split(",", -1)) {
      int equals = field.indexOf('=');
      if (equals < 1) {
        throw wrong(text, "'" + field + "' is not of the form key=value");
      }
      fields.put(field.substring(0, equals), field.substring(equals + 1));
    }
    String type = fields.remove("type");
    String id = fields.remove("id");
    String src = fields.remove("src");
    String source = fields.remove("source");
    String env = fields.remove("env");
    if (!fields.isEmpty()) {
      throw wrong(text, "the field " + fields.keySet().iterator().next() + " is unknown");
    }
    String file = src != null ? src : source;
    if (id == null || id.isEmpty()) {
      if (env == null && file == null) {
        throw wrong(text, "it has no id=");
      }
      id = env != null ? env : Path.of(String.valueOf(file)).getFileName().toString();
    }
    if (type != null && !type.equals("file") && !type.equals("env")) {
      throw wrong(text, "type=" + type + " is unknown; use file or env");
    }
    if (file != null && env != null) {
      throw wrong(text, "src= and env= exclude each other");
    }
    if (env != null) {
      return new FromEnvironment(id, env);
    }
    if (file != null) {
      return "env".equals(type) ? new FromEnvironment(id, file) : new FromFile(id, Path.of(file));
    }
    // As buildx does: a bare id names a variable if one is set, else a file.
    return System.getenv(id) != null || "env".equals(type)
        ? new FromEnvironment(id, id)
        : new FromFile(id, Path.of(id));
  }

  private static BuildException wrong(String text, String why) {
    return new BuildException(ErrorCode.USAGE, "--secret " + text + ": " + why);
  }
}
