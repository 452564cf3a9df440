package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.layer.Content;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.source.Glob;
import dev.slipway.builder.source.IgnorePatterns;
import dev.slipway.builder.source.IgnorePatterns.Match;
import dev.slipway.builder.source.Paths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Turns the sources of an instruction into nodes; see {@link Selection#of}. */
final class SourceWalk {
  private final CopySpec spec;
  private final NodeReaders readers;
  private final List<SelectedRoot> roots = new ArrayList<>();
  private final List<String> unmatched = new ArrayList<>();
  private int source;

  private SourceWalk(CopySpec spec, NodeReaders readers) {
    this.spec = spec;
    this.readers = readers;
  }

  static Selection of(CopySpec spec) throws IOException {
    try (NodeReaders readers = new NodeReaders()) {
      return new SourceWalk(spec, readers).select();
    }
  }

  private Selection select() throws IOException {
    for (CopyItem item : spec.items()) {
      try {
        switch (item) {
          case CopyItem.Path path when spec.parents() -> withParents(path);
          case CopyItem.Path path -> paths(path);
          case CopyItem.Download download -> download(download);
          case CopyItem.All(SourceTree tree) ->
              roots.add(SelectedRoot.directory(walk(tree, "", Match.ROOT, Optional.empty())));
          case CopyItem.Inline inline -> roots.add(inline(inline));
        }
      } catch (IllegalArgumentException e) {
        throw failure(ErrorCode.DOCKERFILE_SYNTAX, String.valueOf(e.getMessage()));
      }
      source++;
    }
    return new Selection(spec, roots, unmatched);
  }

  private static SelectedRoot inline(CopyItem.Inline inline) {
    byte[] bytes = inline.text().getBytes(StandardCharsets.UTF_8);
    // No file has this time; the epoch of the build replaces it.
    Attributes attributes = new Attributes(0644, 0, 0, 0);
    MessageDigest hasher = Digest.newSha256();
    hasher.update(bytes);
    Node.Bytes content = new Node.Bytes.Hashed(Sha256.of(hasher), Content.of(bytes));
    return SelectedRoot.file(
        inline.name(),
        new Node("", FileType.REGULAR, attributes, "", 0, 0, bytes.length, null, content));
  }

  private void download(CopyItem.Download item) throws IOException {
    Stat stat = item.tree().root().lstat(item.file());
    file(item.tree(), item.file(), item.name(), stat, item.unpack());
  }

  private void paths(CopyItem.Path item) throws IOException {
    boolean wild = Glob.hasWildcards(item.pattern());
    List<String> matches = new SourcePaths(item.tree()).expand(item.pattern());
    boolean any = false;
    for (String match : matches) {
      any |= path(item, match, wild);
    }
    if (!any && wild) {
      unmatched.add(item.pattern());
    }
  }

  /** Takes one path; answers whether there was anything to take. */
  private boolean path(CopyItem.Path item, String path, boolean wild) throws IOException {
    SourceTree tree = item.tree();
    SourcePaths paths = new SourcePaths(tree);
    String resolved = resolve(paths, path);
    Stat stat = resolved.isEmpty() ? tree.root().lstat("") : tree.root().find(resolved);
    Match ignored = paths.ignored(resolved);
    if (stat == null) {
      if (wild && ignored.matched()) {
        return false;
      }
      throw missing(tree, path, resolved, paths);
    }
    String name = path.substring(path.lastIndexOf('/') + 1);
    if (stat.isDirectory()) {
      List<Node> nodes =
          ignored.matched() && tree.ignore().prunes(resolved)
              ? List.of()
              : walk(tree, resolved, ignored, Optional.empty());
      if (nodes.isEmpty() && ignored.matched()) {
        return hidden(tree, path, wild);
      }
      roots.add(SelectedRoot.directory(nodes));
      return true;
    }
    if (ignored.matched()) {
      return hidden(tree, path, wild);
    }
    // The reference says that --exclude beats what a pattern matches; for a directory it is about
    // what is inside.
    if (!spec.excludes().matches(name)) {
      file(tree, resolved, name, stat, item.unpack());
    }
    return true;
  }

  private boolean hidden(SourceTree tree, String path, boolean wild) {
    if (wild) {
      return false;
    }
    throw failure(
        ErrorCode.FILE_NOT_FOUND,
        "/" + path + " is not in " + tree.name() + ": .dockerignore excludes it");
  }

  private void file(SourceTree tree, String path, String name, Stat stat, boolean unpack)
      throws IOException {
    if (unpack && stat.isRegular()) {
      Optional<SelectedRoot> archive = ArchiveFile.unpacked(tree, path, source);
      if (archive.isPresent()) {
        roots.add(archive.get());
        return;
      }
    }
    int slash = path.lastIndexOf('/');
    try (Dir dir =
        slash < 0 ? tree.root().duplicate() : tree.root().openDir(path.substring(0, slash))) {
      NodeReader.Place place =
          new NodeReader.Place(tree, source, dir, slash < 0 ? "" : path.substring(0, slash));
      String last = path.substring(slash + 1);
      Node node =
          stat.isRegular()
              ? readers.one(place, last, "")
              : NodeReader.unread(place, last, "", stat);
      if (node == null) {
        throw failure(
            ErrorCode.FILE_NOT_FOUND,
            "/" + path + " was removed from " + tree.name() + " while it was read; try again");
      }
      roots.add(SelectedRoot.file(name, node));
    }
  }

  /**
   * {@code --parents}: a walk of all that is below the pivot ({@code /./}, else the root) with the
   * rest of the path as the pattern of what to take. {@code **} works here, and links are not
   * followed after the pivot.
   */
  private void withParents(CopyItem.Path item) throws IOException {
    String text = item.pattern();
    int pivot = text.indexOf("/./");
    String base = pivot < 0 ? "" : text.substring(0, pivot);
    String wanted = Paths.rooted(pivot < 0 ? text : text.substring(pivot + 3));
    SourceTree tree = item.tree();
    SourcePaths paths = new SourcePaths(tree);
    boolean wild = Glob.hasWildcards(text);
    boolean any = false;
    for (String match : paths.expand(base)) {
      String resolved = resolve(paths, match);
      Stat stat = resolved.isEmpty() ? tree.root().lstat("") : tree.root().find(resolved);
      if (stat == null || !stat.isDirectory()) {
        continue;
      }
      Optional<String> pattern = wanted.isEmpty() ? Optional.empty() : Optional.of(wanted);
      List<Node> nodes = walk(tree, resolved, paths.ignored(resolved), pattern);
      any |= !nodes.isEmpty();
      roots.add(SelectedRoot.directory(nodes));
    }
    if (!any && !wild) {
      String full = Paths.rooted(base + "/" + wanted);
      throw missing(tree, full, full, paths);
    }
    if (!any) {
      unmatched.add(text);
    }
  }

  private List<Node> walk(SourceTree tree, String path, Match ignored, Optional<String> include)
      throws IOException {
    IgnorePatterns includes =
        include.map(pattern -> IgnorePatterns.of(List.of(pattern))).orElse(null);
    return new TreeWalk(tree, spec.excludes(), includes, source, readers).below(path, ignored);
  }

  private String resolve(SourcePaths paths, String path) throws IOException {
    try {
      return paths.resolve(path);
    } catch (LinuxException e) {
      if (e.errno() == Errno.ELOOP) {
        throw failure(
            ErrorCode.FILE_NOT_FOUND, "/" + path + " leads through symbolic links in a circle");
      }
      throw e;
    }
  }

  private BuildException missing(SourceTree tree, String path, String resolved, SourcePaths paths) {
    String message = "/" + path + " is not in " + tree.name();
    if (!resolved.equals(path)) {
      message += " (it is a symbolic link, or below one, to /" + resolved + ")";
    }
    boolean ignored = paths.ignored(resolved).matched();
    return failure(
        ErrorCode.FILE_NOT_FOUND,
        message + (ignored ? ", and .dockerignore would exclude it" : paths.nearby(resolved)));
  }

  private BuildException failure(ErrorCode code, String message) {
    return new BuildException(code, message, spec.location());
  }
}
