package dev.slipway.builder.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.eclipse.jgit.dircache.DirCache;
import org.eclipse.jgit.dircache.DirCacheBuilder;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.lib.StoredConfig;
import org.eclipse.jgit.revwalk.RevWalk;

/** Makes the {@code .git} of a kept checkout one that git itself can work with. */
final class GitDirectory {
  private GitDirectory() {}

  /**
   * HEAD is detached at the commit and the ref is there under its own name, as after BuildKit's
   * checkout; the index lists the files; the remote's URL carries no credentials.
   */
  static void finish(Repository repository, Commit commit, String remote) throws IOException {
    ObjectId id = ObjectId.fromString(commit.id());
    if (commit.ref().startsWith("refs/heads/") || commit.ref().startsWith("refs/tags/")) {
      Ref fetched = repository.exactRef("refs/slipway/head");
      set(repository, commit.ref(), fetched == null ? id : fetched.getObjectId());
    }
    set(repository, Constants.HEAD, id);
    for (Ref own : repository.getRefDatabase().getRefsByPrefix("refs/slipway/")) {
      RefUpdate delete = repository.updateRef(own.getName());
      delete.setForceUpdate(true);
      delete.delete();
    }
    index(repository, id);
    StoredConfig config = repository.getConfig();
    config.setString("remote", "origin", "url", remote);
    config.setString("remote", "origin", "fetch", "+refs/heads/*:refs/remotes/origin/*");
    config.save();
    Path gitDir = repository.getDirectory().toPath();
    Files.deleteIfExists(gitDir.resolve(Constants.FETCH_HEAD));
  }

  private static void set(Repository repository, String name, ObjectId id) throws IOException {
    RefUpdate update = repository.updateRef(name, true);
    update.setNewObjectId(id);
    update.disableRefLog();
    update.forceUpdate();
  }

  private static void index(Repository repository, ObjectId commit) throws IOException {
    DirCache cache = repository.lockDirCache();
    try (ObjectReader reader = repository.newObjectReader();
        RevWalk walk = new RevWalk(reader)) {
      DirCacheBuilder builder = cache.builder();
      builder.addTree(new byte[0], 0, reader, walk.parseCommit(commit).getTree());
      builder.commit();
    } finally {
      cache.unlock();
    }
  }
}
