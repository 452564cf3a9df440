package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.flag.Fields;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
    Fields fields = Fields.parse("--secret", text);
    Optional<String> type = fields.take("type");
    Optional<String> named = fields.take("id").filter(id -> !id.isEmpty());
    Optional<String> src = fields.take("src");
    Optional<String> file = src.or(() -> fields.take("source"));
    Optional<String> env = fields.take("env");
    fields.end();
    boolean variable = type.filter("env"::equals).isPresent();
    if (type.isPresent() && !variable && !type.get().equals("file")) {
      throw fields.wrong("type=" + type.get() + " is unknown; use file or env");
    }
    if (file.isPresent() && env.isPresent()) {
      throw fields.wrong("src= and env= exclude each other");
    }
    String id =
        named
            .or(() -> env)
            .or(() -> file.map(Path::of).map(Path::getFileName).map(Path::toString))
            .orElseThrow(() -> fields.wrong("it has no id="));
    if (env.isPresent()) {
      return new FromEnvironment(id, env.get());
    }
    if (file.isPresent()) {
      return variable ? new FromEnvironment(id, file.get()) : new FromFile(id, Path.of(file.get()));
    }
    // As buildx does: a bare id names a variable if one is set, else a file.
    return variable || System.getenv(id) != null
        ? new FromEnvironment(id, id)
        : new FromFile(id, Path.of(id));
  }
}
