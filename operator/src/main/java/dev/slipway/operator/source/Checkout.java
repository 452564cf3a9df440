package dev.slipway.operator.source;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.jgit.lib.BranchConfig;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The Git checkout that somebody stands in, as far as a build of it needs to know.
 *
 * @param name of its directory
 * @param url where it is pushed to, without credentials
 * @param branch as the remote calls it; null on a detached head
 * @param commit the commit that is checked out; null before the first one
 * @param directory relative to the root of the checkout; "." for the root
 * @param pushed whether the remote has that commit on that branch, as far as was last fetched
 */
public record Checkout(
    String name,
    String url,
    @Nullable String branch,
    @Nullable String commit,
    String directory,
    boolean pushed) {

  /**
   * The checkout around a directory.
   *
   * @return empty where there is none, or it has no remote
   * @throws IOException if it cannot be read
   */
  public static Optional<Checkout> around(Path directory) throws IOException {
    File start = directory.toRealPath().toFile();
    FileRepositoryBuilder builder = new FileRepositoryBuilder().readEnvironment().findGitDir(start);
    if (builder.getGitDir() == null) {
      return Optional.empty();
    }
    try (Repository repository = builder.build()) {
      return repository.isBare() ? Optional.empty() : of(repository, start.toPath());
    }
  }

  private static Optional<Checkout> of(Repository repository, Path here) throws IOException {
    String local = repository.getBranch();
    boolean detached = local == null || ObjectId.isId(local);
    BranchConfig tracking =
        new BranchConfig(repository.getConfig(), local == null ? "HEAD" : local);
    String remote = tracking.getRemote();
    if (remote == null) {
      remote = Constants.DEFAULT_REMOTE_NAME;
    }
    String url = repository.getConfig().getString("remote", remote, "url");
    if (url == null) {
      return Optional.empty();
    }
    ObjectId head = repository.resolve(Constants.HEAD);
    String merge = tracking.getMerge();
    String branch = detached ? null : merge == null ? local : Repository.shortenRefName(merge);
    ObjectId there =
        branch == null ? null : repository.resolve("refs/remotes/" + remote + "/" + branch);
    Path root = repository.getWorkTree().toPath().toRealPath();
    String inside = root.relativize(here).toString().replace(File.separatorChar, '/');
    return Optional.of(
        new Checkout(
            String.valueOf(root.getFileName()),
            withoutCredentials(url),
            branch,
            head == null ? null : head.name(),
            inside.isEmpty() ? "." : inside,
            head != null && head.equals(there)));
  }

  /** What a URL carries must not end up in an object that many can read. */
  private static String withoutCredentials(String url) {
    return url.replaceFirst("^(https?://)[^/@]*@", "$1");
  }
}
