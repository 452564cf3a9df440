package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.OpenFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.eclipse.jgit.dircache.DirCacheCheckout;
import org.eclipse.jgit.dircache.DirCacheCheckout.CheckoutMetadata;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.CoreConfig.EolStreamType;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectLoader;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.CanonicalTreeParser;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.eclipse.jgit.treewalk.TreeWalk.OperationType;
import org.eclipse.jgit.treewalk.WorkingTreeOptions;
import org.eclipse.jgit.treewalk.filter.PathFilter;

/**
 * Writes the files of a commit. Unlike a checkout it needs no index, trusts no name in the tree,
 * and gives every file the time of the commit, so that a RUN that sees the context through a bind
 * mount sees the same in every build.
 */
final class GitTree {
  private static final int MAX_CONFIG = 64 * 1024;

  /**
   * A gitlink.
   *
   * @param path where its files belong, relative to the written directory; empty is that directory
   * @param subdir the only directory of the submodule that is wanted; empty is all
   */
  record Submodule(String path, String url, String commit, String subdir) {}

  private final Repository repository;
  private final ObjectId commit;
  private final Instant time;
  private final WorkingTreeOptions options;
  private final List<LfsFile> lfsFiles = new ArrayList<>();
  private boolean umaskChecked;
  private boolean umaskInterferes;

  GitTree(Repository repository, Commit commit) {
    this.repository = repository;
    this.commit = ObjectId.fromString(commit.id());
    this.time = commit.time();
    this.options = repository.getConfig().get(WorkingTreeOptions.KEY);
  }

  /** Files that are pointers into Git LFS; known after {@link #write}. */
  List<LfsFile> lfsFiles() {
    return List.copyOf(lfsFiles);
  }

  /** The text of {@code .lfsconfig} at the root of the repository. */
  Optional<String> lfsConfig() throws IOException {
    try (RevWalk revisions = new RevWalk(repository);
        TreeWalk at =
            TreeWalk.forPath(repository, ".lfsconfig", revisions.parseCommit(commit).getTree())) {
      if (at == null || (at.getRawMode(0) & FileMode.TYPE_MASK) != FileMode.TYPE_FILE) {
        return Optional.empty();
      }
      byte[] text = at.getObjectReader().open(at.getObjectId(0)).getBytes(MAX_CONFIG);
      return Optional.of(new String(text, StandardCharsets.UTF_8));
    }
  }

  /** Gives the pointer at {@code path} below {@code target} the content that it stands for. */
  void replace(Dir target, LfsFile file, OpenFile content) throws LinuxException {
    try (OpenFile pointer = target.openOrCreate(file.path(), 0644)) {
      pointer.truncate(0);
      pointer.copyFrom(content);
      pointer.setTimes(time.getEpochSecond(), time.getNano());
    }
  }

  /**
   * Writes what is below {@code subdir} into {@code target}, and nothing else: a build of one
   * directory of a large repository does not pay for the rest.
   *
   * @return the submodules to fetch, whose directories exist and are empty
   * @throws BuildException CONTEXT_INVALID where {@code subdir} is missing, is no directory, or is
   *     reached through a symbolic link
   */
  List<Submodule> write(Path target, String subdir, boolean submodules) throws IOException {
    List<Submodule> links = new ArrayList<>();
    try (RevWalk revisions = new RevWalk(repository);
        TreeWalk walk = new TreeWalk(repository)) {
      ObjectId root = revisions.parseCommit(commit).getTree();
      walk.addTree(root);
      walk.setAttributesNodeProvider(repository.createAttributesNodeProvider());
      walk.setOperationType(OperationType.CHECKOUT_OP);
      GitModules modules = submodules ? GitModules.of(repository, root) : GitModules.NONE;
      int skipped = 0;
      if (!subdir.isEmpty()) {
        Optional<Submodule> inside = subdirIn(root, subdir, modules);
        if (inside.isPresent()) {
          return List.of(inside.get());
        }
        walk.setFilter(PathFilter.create(subdir));
        skipped = subdir.split("/", -1).length;
      }
      try (Dir top = Dir.open(target)) {
        walkInto(walk, top, skipped, modules, links);
      }
    }
    return links;
  }

  /** Checks that the way to {@code subdir} is directories, or one submodule and then its own. */
  private Optional<Submodule> subdirIn(ObjectId root, String subdir, GitModules modules)
      throws IOException {
    for (int end = subdir.indexOf('/'); ; end = subdir.indexOf('/', end + 1)) {
      String part = end < 0 ? subdir : subdir.substring(0, end);
      try (TreeWalk at = TreeWalk.forPath(repository, part, root)) {
        FileMode mode = at == null ? FileMode.MISSING : at.getFileMode(0);
        if (mode.equals(FileMode.GITLINK) && modules.url(part).isPresent()) {
          String rest = end < 0 ? "" : subdir.substring(end + 1);
          String id = at.getObjectId(0).name();
          return Optional.of(new Submodule("", modules.url(part).get(), id, rest));
        }
        if (!mode.equals(FileMode.TREE)) {
          throw new BuildException(
              ErrorCode.CONTEXT_INVALID,
              "the directory '"
                  + subdir
                  + "' of the repository cannot be used: there is "
                  + (mode.equals(FileMode.MISSING)
                      ? "no " + part
                      : mode.equals(FileMode.SYMLINK)
                          ? "a symbolic link at " + part + "; name the directory it leads to"
                          : "a file at " + part));
        }
      }
      if (end < 0) {
        return Optional.empty();
      }
    }
  }

  private void walkInto(
      TreeWalk walk, Dir top, int skipped, GitModules modules, List<Submodule> links)
      throws IOException {
    Deque<Dir> open = new ArrayDeque<>();
    Deque<String> prefix = new ArrayDeque<>();
    open.push(top);
    prefix.push("");
    try {
      while (walk.next()) {
        int depth = walk.getDepth();
        FileMode mode = walk.getFileMode(0);
        if (depth < skipped) {
          // One of the directories that lead to the subdirectory.
          walk.enterSubtree();
          continue;
        }
        while (open.size() > depth - skipped + 1) {
          leave(open.pop());
          prefix.pop();
        }
        String name = name(walk);
        Dir parent = open.element();
        String path = prefix.element() + name;
        try {
          if (mode.equals(FileMode.TREE)) {
            parent.mkdir(name, 0755);
            open.push(parent.openDirNoFollow(name));
            prefix.push(path + "/");
            walk.enterSubtree();
          } else if (mode.equals(FileMode.GITLINK)) {
            parent.mkdir(name, 0755);
            modules
                .url(pathInRepository(walk))
                .ifPresent(
                    url -> links.add(new Submodule(path, url, walk.getObjectId(0).name(), "")));
          } else if (mode.equals(FileMode.SYMLINK)) {
            byte[] link = walk.getObjectReader().open(walk.getObjectId(0)).getBytes(4096);
            parent.symlink(FileName.decode(link), name);
          } else if (mode.equals(FileMode.REGULAR_FILE) || mode.equals(FileMode.EXECUTABLE_FILE)) {
            file(walk, parent, name, path, mode.equals(FileMode.EXECUTABLE_FILE) ? 0755 : 0644);
          } else {
            throw invalid(path, "has the unknown mode " + mode);
          }
        } catch (LinuxException e) {
          throw unwritable(path, e);
        }
      }
      while (open.size() > 1) {
        leave(open.pop());
      }
    } finally {
      while (open.size() > 1) {
        open.pop().close();
      }
    }
  }

  private void leave(Dir directory) throws LinuxException {
    try (directory) {
      directory.setTimes("", time.getEpochSecond(), time.getNano());
    }
  }

  private void file(TreeWalk walk, Dir parent, String name, String path, int mode)
      throws IOException {
    ObjectLoader loader = walk.getObjectReader().open(walk.getObjectId(0), Constants.OBJ_BLOB);
    EolStreamType eol = walk.getEolStreamType(OperationType.CHECKOUT_OP);
    try (OpenFile file = parent.create(name, mode)) {
      if (eol != null && eol != EolStreamType.DIRECT) {
        try (OutputStream out = file.outputStream()) {
          CheckoutMetadata plain = new CheckoutMetadata(eol, null);
          DirCacheCheckout.getContent(repository, path, plain, loader, options, out);
        }
      } else if (loader.isLarge()) {
        try (OutputStream out = file.outputStream()) {
          loader.copyTo(out);
        }
      } else {
        byte[] content = loader.getCachedBytes();
        file.write(content, 0, content.length);
        LfsPointer.parse(content)
            .ifPresent(pointer -> lfsFiles.add(new LfsFile(path, pointer, inLfs(walk))));
      }
      if (umaskInterferes(file, mode)) {
        file.chmod(mode);
      }
      file.setTimes(time.getEpochSecond(), time.getNano());
    }
  }

  /** Whether {@code .gitattributes} say so, and not only its content. */
  private static boolean inLfs(TreeWalk walk) {
    return "lfs".equals(walk.getAttributes().getValue("filter"));
  }

  /** Asked once: 0644 and 0755 come out of the usual umasks as they went in. */
  private boolean umaskInterferes(OpenFile file, int mode) throws LinuxException {
    if (!umaskChecked) {
      umaskChecked = true;
      umaskInterferes = file.stat().mode() != mode;
    }
    return umaskInterferes;
  }

  private static String name(TreeWalk walk) {
    byte[] raw = walk.getRawPath();
    // Not what follows the last slash: a hostile name may hold one.
    int length = walk.getTree(0, CanonicalTreeParser.class).getNameLength();
    String name = FileName.decode(raw, raw.length - length, length);
    String lower = name.toLowerCase(Locale.ROOT);
    if (name.isEmpty()
        || name.equals(".")
        || name.equals("..")
        || lower.equals(".git")
        || name.indexOf('/') >= 0
        || name.indexOf('\0') >= 0) {
      throw invalid(FileName.decode(raw), "is no name for a file in a repository");
    }
    return name;
  }

  private static String pathInRepository(TreeWalk walk) {
    return FileName.decode(walk.getRawPath());
  }

  private static BuildException unwritable(String path, LinuxException cause) {
    if (cause.errno() == Errno.EEXIST) {
      return invalid(path, "is twice in its directory");
    }
    return new BuildException(
        ErrorCode.IO,
        "cannot write the repository's file " + path + ": " + cause.getMessage(),
        cause);
  }

  private static BuildException invalid(String path, String why) {
    return new BuildException(
        ErrorCode.CONTEXT_INVALID, "the Git repository is hostile or damaged: " + path + " " + why);
  }
}
