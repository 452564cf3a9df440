package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jgit.errors.ConfigInvalidException;
import org.eclipse.jgit.lib.BlobBasedConfig;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.treewalk.TreeWalk;

/** What {@code .gitmodules} says: path in the repository to URL. */
record GitModules(Map<String, String> urls) {
  static final GitModules NONE = new GitModules(Map.of());

  /**
   * @throws BuildException CONTEXT_INVALID for a file that is malformed or names something hostile
   */
  static GitModules of(Repository repository, ObjectId tree) throws IOException {
    try (TreeWalk walk = TreeWalk.forPath(repository, ".gitmodules", tree)) {
      if (walk == null) {
        return NONE;
      }
      if (!walk.getFileMode(0).equals(FileMode.REGULAR_FILE)
          && !walk.getFileMode(0).equals(FileMode.EXECUTABLE_FILE)) {
        // A symbolic link here has been an attack (CVE-2018-17456 and kin).
        throw invalid("it is no regular file");
      }
      BlobBasedConfig config = new BlobBasedConfig(null, repository, walk.getObjectId(0));
      Map<String, String> urls = new HashMap<>();
      for (String name : config.getSubsections("submodule")) {
        String path = config.getString("submodule", name, "path");
        String url = config.getString("submodule", name, "url");
        if (path == null || url == null) {
          continue;
        }
        if (url.startsWith("-") || url.contains("::") || url.indexOf('\n') >= 0) {
          throw invalid("the URL of " + path + " is not one: " + Redaction.url(url));
        }
        urls.put(path, url);
      }
      return new GitModules(Map.copyOf(urls));
    } catch (ConfigInvalidException e) {
      throw new BuildException(
          ErrorCode.CONTEXT_INVALID, "the file .gitmodules is malformed: " + e.getMessage(), e);
    }
  }

  /** A gitlink without an entry stays an empty directory, as with git. */
  Optional<String> url(String path) {
    return Optional.ofNullable(urls.get(path));
  }

  private static BuildException invalid(String why) {
    return new BuildException(ErrorCode.CONTEXT_INVALID, "the file .gitmodules is refused: " + why);
  }
}
