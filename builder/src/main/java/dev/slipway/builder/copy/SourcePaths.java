package dev.slipway.builder.copy;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.DirEntry;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.source.Glob;
import dev.slipway.builder.source.IgnorePatterns;
import dev.slipway.builder.source.IgnorePatterns.Match;
import dev.slipway.builder.source.Paths;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds source paths in a tree: symbolic links, wildcards, and names for error messages. */
final class SourcePaths {
  private static final int MAX_LINKS = 255;

  private final SourceTree tree;

  SourcePaths(SourceTree tree) {
    this.tree = tree;
  }

  /** A path that a pattern matched, before symbolic links in it are followed. */
  private record Split(String literal, List<String> wild) {}

  /**
   * The paths that a pattern stands for: itself without wildcards, else every match, in the order
   * of a sorted walk. As in BuildKit, links before the first wildcard are followed, and those after
   * it are matched but not entered.
   */
  List<String> expand(String pattern) throws IOException {
    Split split = split(Paths.rooted(pattern));
    if (split.wild().isEmpty()) {
      return List.of(split.literal());
    }
    List<String> found = new ArrayList<>();
    String base = resolve(split.literal());
    Stat stat = tree.root().find(base);
    if (stat != null && stat.isDirectory()) {
      List<Glob> globs = split.wild().stream().map(Glob::compile).toList();
      expand(base, split.wild(), globs, 0, found);
    }
    return found;
  }

  private void expand(
      String directory, List<String> parts, List<Glob> globs, int level, List<String> found)
      throws IOException {
    boolean last = level == parts.size() - 1;
    try (Dir dir = tree.root().openDirNoFollow(directory.isEmpty() ? "." : directory)) {
      for (DirEntry entry : candidates(dir, parts.get(level))) {
        if (!globs.get(level).matches(entry.name())) {
          continue;
        }
        String path = directory.isEmpty() ? entry.name() : directory + "/" + entry.name();
        if (last) {
          found.add(path);
        } else if (isDirectory(dir, entry)) {
          expand(path, parts, globs, level + 1, found);
        }
      }
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOTDIR && e.errno() != Errno.ELOOP && e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /** A literal part needs no listing. */
  private static List<DirEntry> candidates(Dir dir, String part) throws IOException {
    if (Glob.hasWildcards(part) || part.indexOf('\\') >= 0) {
      return dir.list();
    }
    return dir.find(part) == null ? List.of() : List.of(new DirEntry(part, null));
  }

  private static boolean isDirectory(Dir dir, DirEntry entry) throws IOException {
    FileType type = entry.type();
    if (type == null) {
      Stat stat = dir.find(entry.name());
      return stat != null && stat.isDirectory();
    }
    return type == FileType.DIRECTORY;
  }

  private static Split split(String path) {
    List<String> literal = new ArrayList<>();
    List<String> wild = new ArrayList<>();
    for (String part : path.split("/", -1)) {
      if (!wild.isEmpty() || Glob.hasWildcards(part)) {
        wild.add(part);
      } else if (!part.isEmpty()) {
        literal.add(unescape(part));
      }
    }
    return new Split(String.join("/", literal), wild);
  }

  private static String unescape(String part) {
    if (part.indexOf('\\') < 0) {
      return part;
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      out.append(c == '\\' && i + 1 < part.length() ? part.charAt(++i) : c);
    }
    return out.toString();
  }

  /**
   * {@code path} with every symbolic link in it replaced by where it leads, all inside the tree;
   * what is missing stays as it is.
   */
  String resolve(String path) throws IOException {
    Deque<String> todo = new ArrayDeque<>(List.of(path.split("/", -1)));
    String at = "";
    int links = 0;
    while (!todo.isEmpty()) {
      String part = todo.pop();
      if (part.isEmpty() || part.equals(".")) {
        continue;
      }
      if (part.equals("..")) {
        at = at.contains("/") ? at.substring(0, at.lastIndexOf('/')) : "";
        continue;
      }
      String next = at.isEmpty() ? part : at + "/" + part;
      Stat stat = tree.root().find(next);
      if (stat == null || !stat.isSymlink()) {
        at = next;
        continue;
      }
      if (++links > MAX_LINKS) {
        throw new LinuxException("follow", path, Errno.ELOOP);
      }
      String target = tree.root().readlink(next);
      if (target.startsWith("/")) {
        at = "";
      }
      String[] parts = target.split("/", -1);
      for (int i = parts.length - 1; i >= 0; i--) {
        todo.push(parts[i]);
      }
    }
    return at;
  }

  /** The answer of the ignore file for a resolved path and its parents. */
  Match ignored(String path) {
    IgnorePatterns ignore = tree.ignore();
    Match match = Match.ROOT;
    if (path.isEmpty() || ignore.isEmpty()) {
      return match;
    }
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      match = ignore.match(path.substring(0, slash), match);
    }
    return ignore.match(path, match);
  }

  /** "; there is X, Y": names that resemble the missing one, where its directory exists. */
  String nearby(String path) {
    int slash = path.lastIndexOf('/');
    String parent = slash < 0 ? "" : path.substring(0, slash);
    String wanted = path.substring(slash + 1).toLowerCase(Locale.ROOT);
    try (Dir dir = tree.root().openDir(parent.isEmpty() ? "." : parent)) {
      List<String> names = new ArrayList<>();
      for (DirEntry entry : dir.list()) {
        String name = entry.name().toLowerCase(Locale.ROOT);
        if (name.equals(wanted) || distance(name, wanted) <= Math.max(2, wanted.length() / 4)) {
          names.add((parent.isEmpty() ? "" : parent + "/") + entry.name());
        }
      }
      return names.isEmpty()
          ? ""
          : "; did you mean "
              + String.join(" or ", names.subList(0, Math.min(3, names.size())))
              + "?";
    } catch (IOException e) {
      String existing = existingParent(parent);
      return existing == null
          ? ""
          : "; its directory "
              + parent
              + " does not exist there"
              + (existing.isEmpty() ? "" : ", only " + existing + " does");
    }
  }

  private @Nullable String existingParent(String path) {
    String at = path;
    try {
      while (!at.isEmpty() && tree.root().find(at) == null) {
        at = at.contains("/") ? at.substring(0, at.lastIndexOf('/')) : "";
      }
      return at;
    } catch (IOException e) {
      return null;
    }
  }

  /** Levenshtein's, of short names; long ones are never similar. */
  private static int distance(String a, String b) {
    if (a.length() > 64 || b.length() > 64) {
      return Integer.MAX_VALUE;
    }
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j], row[j - 1]) + 1, diagonal + change);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
