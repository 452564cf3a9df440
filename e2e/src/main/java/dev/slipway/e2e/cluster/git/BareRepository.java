package dev.slipway.e2e.cluster.git;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.jgit.dircache.DirCache;
import org.eclipse.jgit.dircache.DirCacheBuilder;
import org.eclipse.jgit.dircache.DirCacheEntry;
import org.eclipse.jgit.lib.CommitBuilder;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;

/** A bare repository whose commits are made from directories. Not thread-safe. */
public final class BareRepository {
  private final Path path;

  BareRepository(Path path) throws IOException {
    this.path = path;
    if (!Files.exists(path)) {
      try (Repository repository = open()) {
        repository.create(true);
        RefUpdate head = repository.updateRef(Constants.HEAD, true);
        head.link(Constants.R_HEADS + "main");
      }
    }
  }

  private Repository open() throws IOException {
    return new FileRepositoryBuilder().setGitDir(path.toFile()).setBare().build();
  }

  /**
   * Commits exactly what {@code tree} holds, on top of {@code branch}.
   *
   * @param time of author and committer: the same tree and time give the same commit
   * @return the commit's id
   */
  public String commit(String branch, Path tree, String message, Instant time) throws IOException {
    try (Repository repository = open();
        ObjectInserter inserter = repository.newObjectInserter()) {
      PersonIdent author = new PersonIdent("Slipway", "demo@slipway.dev", time, ZoneOffset.UTC);
      CommitBuilder commit = new CommitBuilder();
      commit.setTreeId(insert(tree, inserter));
      ObjectId parent = repository.resolve(Constants.R_HEADS + branch);
      if (parent != null) {
        commit.setParentId(parent);
      }
      commit.setAuthor(author);
      commit.setCommitter(author);
      commit.setMessage(message);
      ObjectId id = inserter.insert(commit);
      inserter.flush();
      point(repository, Constants.R_HEADS + branch, id);
      return id.name();
    }
  }

  /** Lets a lightweight tag point to a commit. */
  public void tag(String name, String commit) throws IOException {
    try (Repository repository = open()) {
      point(repository, Constants.R_TAGS + name, ObjectId.fromString(commit));
    }
  }

  private static void point(Repository repository, String ref, ObjectId id) throws IOException {
    RefUpdate update = repository.updateRef(ref);
    update.setNewObjectId(id);
    update.setForceUpdate(true);
    RefUpdate.Result result = update.update();
    switch (result) {
      case NEW, FAST_FORWARD, FORCED, NO_CHANGE -> {}
      default -> throw new IOException("cannot point " + ref + " to a commit: " + result);
    }
  }

  private static ObjectId insert(Path tree, ObjectInserter inserter) throws IOException {
    DirCache index = DirCache.newInCore();
    DirCacheBuilder builder = index.builder();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(tree)) {
      files = walk.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)).toList();
    }
    for (Path file : files) {
      DirCacheEntry entry = new DirCacheEntry(tree.relativize(file).toString());
      if (Files.isSymbolicLink(file)) {
        entry.setFileMode(FileMode.SYMLINK);
        entry.setObjectId(
            inserter.insert(
                Constants.OBJ_BLOB, Constants.encode(Files.readSymbolicLink(file).toString())));
      } else {
        boolean executable = Files.isExecutable(file);
        entry.setFileMode(executable ? FileMode.EXECUTABLE_FILE : FileMode.REGULAR_FILE);
        try (InputStream in = Files.newInputStream(file)) {
          entry.setObjectId(inserter.insert(Constants.OBJ_BLOB, Files.size(file), in));
        }
      }
      builder.add(entry);
    }
    builder.finish();
    return index.writeTree(inserter);
  }
}
