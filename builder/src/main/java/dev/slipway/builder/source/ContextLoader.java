package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import java.io.InputStream;
import java.nio.file.Path;

/** Turns a {@link Source} into a {@link BuildContext}. Safe for use by several threads. */
public final class ContextLoader {
  private final Path scratch;
  private final GitFetcher git;

  /**
   * @param scratch an existing directory for what is fetched
   * @param git how Git repositories are fetched
   */
  public ContextLoader(Path scratch, GitFetcher git) {
    this.scratch = scratch;
    this.git = git;
  }

  /**
   * Fetches {@code source} where it is remote, and reads Dockerfile and ignore file.
   *
   * @param dockerfile the value of {@code -f}: empty for {@code Dockerfile} in the context, {@code
   *     -} for standard input, otherwise a path: of this machine for a local context, inside the
   *     context for a remote one
   * @param stdin read only when the source or the Dockerfile is standard input
   * @throws BuildException CONTEXT_INVALID, DOCKERFILE_NOT_FOUND, DOWNLOAD, a GIT code, or USAGE
   *     where both context and Dockerfile are standard input
   */
  public BuildContext load(Source source, String dockerfile, InputStream stdin) {
    if (source instanceof Source.Stdin && dockerfile.equals("-")) {
      throw SourceParser.usage(
          "context and Dockerfile cannot both be standard input; give one of them a path");
    }
    throw new UnsupportedOperationException("not there yet: " + scratch + git + source + stdin);
  }
}
