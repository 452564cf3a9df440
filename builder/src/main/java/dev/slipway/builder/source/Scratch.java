package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A new directory that is deleted, with all that came into it, when it is closed. */
record Scratch(Path path) implements AutoCloseable {

  /** A directory beside {@code neighbour}, and so on the same file system. */
  static Scratch beside(Path neighbour, String prefix) {
    Path parent = neighbour.toAbsolutePath().getParent();
    return in(parent == null ? neighbour : parent, prefix);
  }

  static Scratch in(Path parent, String prefix) {
    try {
      return new Scratch(Files.createTempDirectory(parent, prefix));
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.IO,
          "cannot make a directory for what is fetched in " + parent + ": " + e.getMessage(),
          e);
    }
  }

  @Override
  public void close() {
    Path parent = path.getParent();
    if (parent == null) {
      return;
    }
    try (Dir directory = Dir.open(parent)) {
      directory.deleteRecursively(path.getFileName().toString());
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.IO, "cannot delete what was fetched: " + e.getMessage(), e);
    }
  }
}
