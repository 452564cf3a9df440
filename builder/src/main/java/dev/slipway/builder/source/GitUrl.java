package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import java.util.Optional;

/**
 * A Git repository, what to take of it, and how: {@code url#ref:subdir} or {@code
 * url?ref=…&subdir=…}.
 *
 * @param remote the URL for the transport, without fragment and query; it may carry credentials, so
 *     print {@link #toString} instead
 * @param ref a branch, tag, {@code refs/…} or commit ID, full or short; empty means the default
 *     branch
 * @param subdir a directory inside the repository, without a leading slash; empty is the root
 * @param checksum the commit ID, or a prefix of it, that {@code ref} must resolve to
 * @param submodules whether submodules are fetched; BuildKit's default is yes
 * @param keepGitDir whether {@code .git} stays in the context, where the URL says so
 * @param commitTimes whether files get the commit's time as mtime ({@code mtime=commit})
 * @param fetchByCommit whether {@code checksum} is fetched as it is, without asking what {@code
 *     ref} points at now
 * @param depth how much history to fetch, in commits, where the URL says so; 0 is all of it
 * @param lfs whether files kept in Git LFS are fetched; else they are the text of their pointers
 */
public record GitUrl(
    String remote,
    String ref,
    String subdir,
    Optional<String> checksum,
    boolean submodules,
    Optional<Boolean> keepGitDir,
    boolean commitTimes,
    boolean fetchByCommit,
    Optional<Integer> depth,
    boolean lfs) {

  /** A repository at its default branch, or at {@code ref}, with every other choice at default. */
  public static GitUrl of(String remote, String ref) {
    return new GitUrl(
        remote,
        ref,
        "",
        Optional.empty(),
        true,
        Optional.empty(),
        false,
        false,
        Optional.empty(),
        false);
  }

  /** The same, with another word on whether {@code .git} stays. */
  public GitUrl withKeepGitDir(Optional<Boolean> value) {
    return new GitUrl(
        remote, ref, subdir, checksum, submodules, value, commitTimes, fetchByCommit, depth, lfs);
  }

  /** A submodule of it, at its commit. */
  GitUrl submodule(String url, String commit, String directory) {
    return new GitUrl(
        url,
        commit,
        directory,
        Optional.empty(),
        true,
        Optional.empty(),
        false,
        false,
        Optional.empty(),
        lfs);
  }

  /**
   * The Git URL that an ADD source or a named context is, or empty where it is something else.
   * Unlike a context argument, the deprecated {@code github.com/…} shorthand is a path here.
   *
   * @throws BuildException USAGE for a Git URL that is malformed
   */
  public static Optional<GitUrl> parse(String text) {
    return SourceParser.gitUrl(text);
  }

  /** The URL as the user wrote it in substance, fit for logs: no credentials. */
  @Override
  public String toString() {
    String at = ref.isEmpty() && subdir.isEmpty() ? "" : "#" + ref;
    return Redaction.url(remote) + at + (subdir.isEmpty() ? "" : ":" + subdir);
  }
}
