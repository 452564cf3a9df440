package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A context that is ready to read. Closing it deletes what was fetched; a local directory stays.
 *
 * @param directory the root of the context; paths below it are resolved by the kernel, never joined
 * @param commit the commit, for a Git source
 * @param time the time that stands for the whole context: the commit's, or the Last-Modified of an
 *     archive; empty for a directory or a tar
 * @param ignore what the ignore file hides from COPY and ADD
 * @param dockerfile the Dockerfile
 * @param cleanup what {@link #close} runs
 */
public record BuildContext(
    Path directory,
    Optional<Commit> commit,
    Optional<Instant> time,
    IgnorePatterns ignore,
    DockerfileText dockerfile,
    Runnable cleanup)
    implements AutoCloseable {

  /**
   * The Dockerfile.
   *
   * @param name the name for error locations, as the user gave it
   * @param text its whole text, decoded as UTF-8, a byte order mark included
   */
  public record DockerfileText(String name, String text) {}

  /**
   * Deletes fetched files.
   *
   * @throws BuildException IO where that fails
   */
  @Override
  public void close() {
    cleanup.run();
  }
}
