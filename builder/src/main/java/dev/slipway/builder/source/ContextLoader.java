package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.layer.DirectoryFormat;
import dev.slipway.builder.layer.DirectoryWriter;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.Entry;
import dev.slipway.builder.layer.TarReader;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.LinuxException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** Turns a {@link Source} into a {@link BuildContext}. Safe for use by several threads. */
public final class ContextLoader {
  private final Path scratch;
  private final GitFetcher git;
  private final Downloads downloads;

  /**
   * A loader.
   *
   * @param scratch an existing directory for what is fetched
   * @param git how Git repositories are fetched
   * @param downloads how http archives are fetched
   */
  public ContextLoader(Path scratch, GitFetcher git, Downloads downloads) {
    this.scratch = scratch;
    this.git = git;
    this.downloads = downloads;
  }

  /**
   * Fetches {@code source} where it is remote, and reads Dockerfile and ignore file.
   *
   * @param dockerfile the value of {@code -f}: empty for {@code Dockerfile} in the context, {@code
   *     -} for standard input, otherwise a path: of this machine for a local context, inside the
   *     context for a remote one
   * @param stdin read only when the source or the Dockerfile is standard input; not closed
   * @throws BuildException CONTEXT_INVALID, DOCKERFILE_NOT_FOUND, DOWNLOAD, a GIT code, or USAGE
   *     where both context and Dockerfile are standard input
   */
  public BuildContext load(Source source, String dockerfile, InputStream stdin) {
    if (source instanceof Source.Stdin && dockerfile.equals("-")) {
      throw SourceParser.usage(
          "context and Dockerfile cannot both be standard input; give one of them a path");
    }
    DockerfileFinder finder = new DockerfileFinder(dockerfile, stdin);
    return switch (source) {
      case Source.LocalDirectory(Path path) -> finder.local(path);
      case Source.Git(GitUrl url) ->
          fetched(
              finder,
              directory -> {
                Commit commit = git.fetch(url, directory);
                return new Origin(Optional.of(commit), Optional.of(commit.time()));
              });
      case Source.Stdin ignored -> stdin(finder, stdin);
      case Source.HttpArchive(URI url) -> http(finder, url);
    };
  }

  /** What is known of the whole of a fetched context. */
  private record Origin(Optional<Commit> commit, Optional<Instant> time) {
    static final Origin UNKNOWN = new Origin(Optional.empty(), Optional.empty());
  }

  @FunctionalInterface
  private interface Fetch {
    Origin into(Path directory) throws IOException;
  }

  private BuildContext fetched(DockerfileFinder finder, Fetch fetch) {
    Scratch place = Scratch.in(scratch, "context-");
    boolean done = false;
    try {
      Path directory = Files.createDirectory(place.path().resolve("context"));
      Origin origin = fetch.into(directory);
      BuildContext context = finder.remote(directory, origin.commit(), origin.time(), place::close);
      done = true;
      return context;
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.IO, "cannot store the build context: " + e.getMessage(), e);
    } finally {
      if (!done) {
        place.close();
      }
    }
  }

  private BuildContext stdin(DockerfileFinder finder, InputStream stdin) {
    return fetched(
        finder,
        directory -> {
          unpackOrDockerfile(finder, Archive.buffered(stdin), directory, "standard input");
          return Origin.UNKNOWN;
        });
  }

  private BuildContext http(DockerfileFinder finder, URI url) {
    return fetched(
        finder,
        directory -> {
          Path body = directory.resolveSibling("body");
          Downloads.Download download = downloads.fetch(url, Optional.empty(), body);
          try (InputStream in = Archive.buffered(Files.newInputStream(body))) {
            unpackOrDockerfile(finder, in, directory, Redaction.url(url.toString()));
          }
          Files.delete(body);
          return new Origin(Optional.empty(), download.lastModified());
        });
  }

  private static void unpackOrDockerfile(
      DockerfileFinder finder, InputStream in, Path directory, String name) throws IOException {
    Optional<InputStream> tar = Archive.tar(in);
    if (tar.isPresent()) {
      try (Dir target = Dir.open(directory)) {
        DirectoryWriter.write(
            withoutDevices(TarReader.archive(tar::get), name), target, DirectoryFormat.PLAIN);
      } catch (BuildException e) {
        throw e.code() == ErrorCode.IMAGE_INVALID
            ? new BuildException(
                ErrorCode.CONTEXT_INVALID, "the archive from " + name + ": " + e.getMessage(), e)
            : e;
      } catch (LinuxException e) {
        throw e; // This machine's trouble, not the archive's.
      } catch (IOException e) {
        throw new BuildException(
            ErrorCode.CONTEXT_INVALID,
            "the archive from " + name + " is damaged or cut short: " + e.getMessage(),
            e);
      }
      return;
    }
    Optional<String> unsupported = Archive.unsupported(in);
    if (unsupported.isPresent()) {
      throw new BuildException(
          ErrorCode.CONTEXT_INVALID,
          name
              + " is "
              + unsupported.get()
              + ", which is no build context; give a tar, plain or packed with gzip, bzip2, xz or"
              + " zstd");
    }
    finder.useAsDockerfile(in, name);
  }

  /** Device nodes of a stranger's archive would be made on this machine. */
  private static Entries withoutDevices(Entries entries, String name) {
    return entries.map(entry -> {
      if (entry instanceof Entry.Device) {
        throw new BuildException(
            ErrorCode.CONTEXT_INVALID,
            "the archive from " + name + " has a device node, " + entry.path());
      }
      return entry;
    });
  }

  static String decode(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
