package dev.slipway.builder.source;

import java.nio.file.Files;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.dircache.DirCacheEditor;
import org.eclipse.jgit.dircache.DirCacheEditor.PathEdit;
import org.eclipse.jgit.dircache.DirCacheEntry;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.PersonIdent;

/** A submodule as git makes it, without a clone of it: a commit with its URL and its commit. */
final class Submodule {
  private Submodule() {}

  static void commit(Git git, String path, String url, ObjectId pinned, PersonIdent author)
      throws Exception {
    Files.writeString(
        git.getRepository().getWorkTree().toPath().resolve(".gitmodules"),
        "[submodule \"s\"]\n\tpath = " + path + "\n\turl = " + url + "\n");
    git.add().addFilepattern(".gitmodules").call();
    DirCacheEditor editor = git.getRepository().lockDirCache().editor();
    editor.add(
        new PathEdit(path) {
          @Override
          public void apply(DirCacheEntry entry) {
            entry.setFileMode(FileMode.GITLINK);
            entry.setObjectId(pinned);
          }
        });
    editor.commit();
    git.commit()
        .setMessage("submodule")
        .setSign(false)
        .setAuthor(author)
        .setCommitter(author)
        .call();
  }
}
