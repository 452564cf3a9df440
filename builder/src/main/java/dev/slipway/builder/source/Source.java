package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import java.net.URI;
import java.nio.file.Path;

/** What the CONTEXT argument of {@code slipway build} names, before anything is fetched. */
public sealed interface Source {

  /** A directory of this machine. */
  record LocalDirectory(Path path) implements Source {}

  /** A Git repository at a ref, and a directory in it. */
  record Git(GitUrl url) implements Source {
    /** The URL as a user knows it, without secrets. */
    @Override
    public String toString() {
      return url.toString();
    }
  }

  /**
   * Standard input: a tar archive, compressed or not, or else a Dockerfile without a context. Which
   * of the two, its first bytes tell.
   */
  record Stdin() implements Source {}

  /** A URL whose body is an archive, or else a Dockerfile without a context. */
  record HttpArchive(URI url) implements Source {

    /** The URL without its user info. */
    @Override
    public String toString() {
      return Redaction.url(url.toString());
    }
  }

  /**
   * Reads a context argument by BuildKit's rules (dfgitutil.ParseGitRef): {@code -} is standard
   * input; {@code git@host:path}, {@code ssh://}, {@code git://} and {@code http(s)://….git} are
   * Git; any other {@code http(s)://} is an archive; the rest is a directory. Beyond BuildKit, an
   * {@code http(s)} URL with a fragment is Git too: a fragment means nothing to a download, and
   * hosts serve repositories without {@code .git} in their URL.
   *
   * @throws BuildException USAGE for a malformed URL, an unknown query key, or a protocol that is
   *     refused ({@code ext::} and the like); {@code file://} parses, and is refused when fetched
   *     unless local repositories are allowed
   */
  static Source parse(String argument) {
    return SourceParser.parse(argument);
  }
}
