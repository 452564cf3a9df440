package dev.slipway.builder.solve;

import dev.slipway.builder.copy.CopyItem;
import dev.slipway.builder.copy.SourceTree;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.source.IgnorePatterns;
import dev.slipway.builder.source.RemoteFiles;
import java.util.Optional;

/** The sources of ADD that are not files of the context: URLs and Git repositories. */
final class Remotes {
  private final RemoteFiles files;

  Remotes(RemoteFiles files) {
    this.files = files;
  }

  /** A source that has been fetched. Closing it deletes the files. */
  record Fetched(CopyItem item, Dir root, RemoteFiles.Fetched files) implements AutoCloseable {
    @Override
    public void close() {
      root.close();
      files.close();
    }
  }

  /**
   * Fetches {@code source}, or returns empty where it is a path.
   *
   * @throws BuildException at the instruction; also where flags and sources do not go together
   */
  Optional<Fetched> fetch(String source, CopyStep.Task task) throws LinuxException {
    try {
      if (!RemoteFiles.isRemote(source)) {
        if (task.checksum().isPresent()) {
          throw invalid("--checksum is only for URLs and Git repositories, not for " + source);
        }
        return Optional.empty();
      }
      if (!task.add()) {
        throw invalid("COPY takes no URL and no Git repository; use ADD for " + source);
      }
      if (task.checksum().isPresent() && task.sources().size() > 1) {
        throw invalid("--checksum needs ADD to have exactly one source");
      }
      return Optional.of(download(source, task));
    } catch (BuildException e) {
      throw e.code() == ErrorCode.USAGE
          ? new BuildException(
              ErrorCode.DOCKERFILE_SYNTAX, String.valueOf(e.getMessage()), task.location())
          : e.at(task.location());
    }
  }

  private Fetched download(String source, CopyStep.Task task) throws LinuxException {
    Optional<Boolean> keepGitDir = task.keepGitDir() ? Optional.of(true) : Optional.empty();
    RemoteFiles.Fetched fetched = files.fetch(source, task.checksum(), keepGitDir);
    Dir root = null;
    boolean done = false;
    try {
      root = Dir.open(fetched.directory());
      SourceTree tree = new SourceTree(root, IgnorePatterns.none(), false, "what was fetched");
      CopyItem item =
          switch (fetched) {
            case RemoteFiles.Repository repository -> new CopyItem.All(tree);
            case RemoteFiles.OneFile file ->
                new CopyItem.Download(
                    tree, file.file(), name(file, task), task.unpack().orElse(false));
          };
      done = true;
      return new Fetched(item, root, fetched);
    } finally {
      if (!done) {
        if (root != null) {
          root.close();
        }
        fetched.close();
      }
    }
  }

  private static String name(RemoteFiles.OneFile file, CopyStep.Task task) {
    if (file.name().isEmpty() && task.destination().endsWith("/")) {
      throw invalid(
          "the URL has no file name; give one in the destination, instead of "
              + task.destination());
    }
    return file.name().orElse("__unnamed__");
  }

  private static BuildException invalid(String message) {
    return new BuildException(ErrorCode.DOCKERFILE_SYNTAX, message);
  }
}
