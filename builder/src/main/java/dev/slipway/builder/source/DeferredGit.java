package dev.slipway.builder.source;

import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A {@link GitFetcher} that is made when it is first needed. Most builds need none, and loading
 * JGit, whose jars are signed, takes longer than all the rest of a small build.
 */
public final class DeferredGit implements GitFetcher {
  private final Supplier<GitFetcher> maker;
  private @Nullable GitFetcher made;

  /**
   * @param maker called at most once
   */
  public DeferredGit(Supplier<GitFetcher> maker) {
    this.maker = maker;
  }

  private synchronized GitFetcher git() {
    GitFetcher known = made;
    if (known == null) {
      known = maker.get();
      made = known;
    }
    return known;
  }

  @Override
  public RemoteRef resolve(String remote, String ref) {
    return git().resolve(remote, ref);
  }

  @Override
  public Commit fetch(GitUrl url, Path directory) {
    return git().fetch(url, directory);
  }
}
