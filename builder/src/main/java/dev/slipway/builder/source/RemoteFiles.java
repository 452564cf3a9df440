package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/** Fetches the sources of ADD that are URLs or Git repositories. Safe for several threads. */
public final class RemoteFiles {
  private static final String FILE = "content";

  private final Path scratch;
  private final GitFetcher git;
  private final Downloads downloads;

  /**
   * A fetcher.
   *
   * @param scratch an existing directory for what is fetched
   */
  public RemoteFiles(Path scratch, GitFetcher git, Downloads downloads) {
    this.scratch = scratch;
    this.git = git;
    this.downloads = downloads;
  }

  /** What was fetched; closing it deletes the files. */
  public sealed interface Fetched extends AutoCloseable {
    /** The directory that holds it, and nothing else. */
    Path directory();

    @Override
    void close();
  }

  /** A repository: all that is in the directory. */
  public record Repository(Path directory, Commit commit, Runnable cleanup) implements Fetched {
    @Override
    public void close() {
      cleanup.run();
    }
  }

  /**
   * A file with mode 0600 and the time that the server says, or 1970.
   *
   * @param file what it is called in the directory
   * @param name what it is called if the destination is a directory; empty where neither the URL
   *     nor the server says
   */
  public record OneFile(Path directory, String file, Optional<String> name, Runnable cleanup)
      implements Fetched {
    @Override
    public void close() {
      cleanup.run();
    }
  }

  /** Whether {@code source} is fetched: otherwise it is a path in the context. */
  public static boolean isRemote(String source) {
    return GitUrl.parse(source).isPresent() || isHttp(source);
  }

  /**
   * Fetches a source for which {@link #isRemote} holds.
   *
   * @param checksum of the content, or the commit of a repository
   * @param keepGitDir whether {@code .git} stays; empty where not said
   * @throws BuildException USAGE for contradictions, or as {@link GitFetcher#fetch} and {@link
   *     Downloads#fetch}
   */
  public Fetched fetch(String source, Optional<String> checksum, Optional<Boolean> keepGitDir) {
    Optional<GitUrl> repository = GitUrl.parse(source);
    Scratch place = Scratch.in(scratch, "add-");
    boolean done = false;
    try {
      Path directory = Files.createDirectory(place.path().resolve("files"));
      Fetched fetched =
          repository.isPresent()
              ? repository(repository.get(), checksum, keepGitDir, directory, place)
              : file(source, checksum, directory, place);
      done = true;
      return fetched;
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.IO,
          "cannot store what ADD fetches from " + Redaction.url(source) + ": " + e.getMessage(),
          e);
    } finally {
      if (!done) {
        place.close();
      }
    }
  }

  private Fetched repository(
      GitUrl url,
      Optional<String> checksum,
      Optional<Boolean> keepGitDir,
      Path directory,
      Scratch place) {
    if (checksum.isPresent()
        && url.checksum().isPresent()
        && !checksum.get().equalsIgnoreCase(url.checksum().get())) {
      throw SourceParser.usage(
          "--checksum says "
              + checksum.get()
              + ", but the URL says "
              + url.checksum().get()
              + "; keep one of them");
    }
    if (keepGitDir.isPresent()
        && url.keepGitDir().isPresent()
        && !keepGitDir.get().equals(url.keepGitDir().get())) {
      throw SourceParser.usage(
          "--keep-git-dir and keep-git-dir in the URL contradict each other; keep one of them");
    }
    if (checksum.isPresent() && !checksum.get().matches("[0-9a-fA-F]{7,64}")) {
      throw SourceParser.usage(
          "the checksum of a Git repository is a commit of 7 to 64 hex digits, not "
              + checksum.get());
    }
    GitUrl wanted =
        new GitUrl(
            url.remote(),
            url.ref(),
            url.subdir(),
            checksum.map(c -> c.toLowerCase(Locale.ROOT)).or(url::checksum),
            url.submodules(),
            keepGitDir.or(url::keepGitDir),
            url.commitTimes(),
            url.fetchByCommit(),
            url.depth(),
            url.lfs());
    Commit commit = git.fetch(wanted, directory);
    return new Repository(directory, commit, place::close);
  }

  private Fetched file(String source, Optional<String> checksum, Path directory, Scratch place)
      throws IOException {
    Path target = directory.resolve(FILE);
    Downloads.Download download =
        downloads.fetch(SourceParser.parseHttp(source).url(), checksum, target);
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-------"));
    Files.setLastModifiedTime(target, FileTime.from(download.lastModified().orElse(Instant.EPOCH)));
    return new OneFile(directory, FILE, download.name(), place::close);
  }

  private static boolean isHttp(String source) {
    return source.startsWith("http://") || source.startsWith("https://");
  }
}
