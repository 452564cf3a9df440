package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import java.nio.file.Path;

/**
 * Talks to Git servers. Implementations are safe for use by several threads; each call cleans up
 * after itself when it fails or when its thread is interrupted.
 */
public interface GitFetcher {

  /**
   * What {@code ref} of the repository means now, with one request and no download (ls-remote).
   *
   * @param ref a branch, tag, {@code refs/…}, full commit ID, or empty for the default branch
   * @throws BuildException GIT_REF_NOT_FOUND, GIT_AUTH, GIT_HOST_KEY or GIT_UNREACHABLE
   */
  RemoteRef resolve(String remote, String ref);

  /**
   * Fetches one commit, as shallow as the server allows, and writes its files into {@code
   * directory}, which is empty: submodules included, {@code .git} removed unless asked for, files
   * 0644 or 0755, directories 0755.
   *
   * @throws BuildException as {@link #resolve}, and CONTEXT_INVALID for a repository whose content
   *     cannot be used, such as a submodule with a hostile path
   */
  Commit fetch(GitUrl url, Path directory);

  /**
   * A ref as a server advertises it.
   *
   * @param name the full name, such as {@code refs/heads/main}; empty where a commit ID was given
   * @param commit the ID of the commit, behind the tag object where the tag is annotated
   */
  record RemoteRef(String name, String commit) {}
}
