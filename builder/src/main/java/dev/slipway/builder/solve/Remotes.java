package dev.slipway.builder.solve;

import dev.slipway.builder.copy.CopyItem;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.util.Optional;

/** The sources of ADD that are not files of the context: URLs and Git repositories. */
final class Remotes {

  /** A source that has been fetched. Closing it deletes the files. */
  record Fetched(CopyItem item, Runnable delete) implements AutoCloseable {
    @Override
    public void close() {
      delete.run();
    }
  }

  /** Fetches {@code source}, or returns empty where it is a path. */
  Optional<Fetched> fetch(String source, CopyStep.Task task) {
    if (source.startsWith("http://")
        || source.startsWith("https://")
        || source.startsWith("git@")
        || source.startsWith("git://")
        || source.startsWith("ssh://")) {
      throw new BuildException(
          ErrorCode.UNSUPPORTED, "ADD of " + source + ": not there yet", task.location());
    }
    return Optional.empty();
  }
}
