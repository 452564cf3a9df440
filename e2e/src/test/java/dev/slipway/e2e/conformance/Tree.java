package dev.slipway.e2e.conformance;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A file system as a stack of layers makes it. Two paths that hold the same {@link Inode} are hard
 * links of each other.
 */
final class Tree {
  /** One object, whatever number of names it has. Equal to itself only. */
  static final class Inode {
    final Entry entry;

    Inode(Entry entry) {
      this.entry = entry;
    }
  }

  private final NavigableMap<String, Inode> nodes;

  Tree() {
    this(new TreeMap<>());
  }

  private Tree(NavigableMap<String, Inode> nodes) {
    this.nodes = nodes;
  }

  Tree copy() {
    return new Tree(new TreeMap<>(nodes));
  }

  /**
   * Puts a layer on top and tells what it does, one line each: every object that it holds, less
   * those that it repeats as they are below; {@code - path} for what it takes away; and {@code !}
   * lines for what no layer should hold.
   */
  List<String> apply(List<Entry> layer) {
    Tree before = copy();
    List<String> oddities = new ArrayList<>();
    for (Entry entry : layer) {
      if (entry.type() == 'w') {
        if (before.nodes.containsKey(entry.path())) {
          removeTree(entry.path());
        } else {
          oddities.add("! whiteout of nothing: " + Entry.text(entry.path()));
        }
      } else if (entry.type() == 'o') {
        removeChildren(entry.path());
      }
    }
    Set<String> seen = new HashSet<>();
    for (Entry entry : layer) {
      if (entry.type() != 'w' && entry.type() != 'o') {
        if (!seen.add(entry.path())) {
          oddities.add("! twice in one layer: " + Entry.text(entry.path()));
        }
        oddities.addAll(put(entry));
      }
    }
    Map<Inode, String> names = firstNames();
    Map<Inode, String> below = before.firstNames();
    List<String> lines = new ArrayList<>();
    for (String path : new TreeSet<>(seen)) {
      Inode node = nodes.get(path);
      if (node == null) {
        continue; // replaced later in the same layer, and reported as such
      }
      Inode old = before.nodes.get(path);
      if (old != null && unchanged(old, node, line(path, old, below), line(path, node, names))) {
        continue;
      }
      lines.add(line(path, node, names));
    }
    for (String gone : before.nodes.keySet()) {
      if (!nodes.containsKey(gone) && standsIn(parent(gone))) {
        lines.add("- " + Entry.text(gone));
      }
    }
    lines.addAll(oddities);
    return lines;
  }

  /** What differs from {@code base}, in path order: {@code + line} and {@code - path}. */
  List<String> difference(Tree base) {
    Map<Inode, String> names = firstNames();
    Map<Inode, String> baseNames = base.firstNames();
    TreeMap<String, String> lines = new TreeMap<>();
    nodes.forEach((path, node) -> {
      String mine = line(path, node, names);
      Inode old = base.nodes.get(path);
      if (old == null || !mine.equals(line(path, old, baseNames))) {
        lines.put(path, "+ " + mine);
      }
    });
    for (String gone : base.nodes.keySet()) {
      if (!nodes.containsKey(gone) && standsIn(parent(gone))) {
        lines.put(gone, "- " + Entry.text(gone));
      }
    }
    return List.copyOf(lines.values());
  }

  /** A directory with the attributes it had; anything else as it was, its time included. */
  private static boolean unchanged(Inode old, Inode now, String oldLine, String newLine) {
    if (now.entry.isDirectory()) {
      return old.entry.isDirectory() && old.entry.sameAttributes(now.entry);
    }
    return now.entry.mtime() < Entry.CLOCK && oldLine.equals(newLine);
  }

  /** Whether a directory is there; the root needs no entry. */
  private boolean standsIn(@Nullable String parent) {
    return parent == null || parent.isEmpty() || nodes.containsKey(parent);
  }

  private static String line(String path, Inode node, Map<Inode, String> names) {
    String line = node.entry.at(path).line();
    String first = names.getOrDefault(node, path);
    return first.equals(path) ? line : line + " =" + Entry.text(first);
  }

  /** The first name, in path order, of every object. */
  private Map<Inode, String> firstNames() {
    Map<Inode, String> names = new HashMap<>();
    nodes.forEach((path, node) -> names.putIfAbsent(node, path));
    return names;
  }

  private List<String> put(Entry entry) {
    List<String> oddities = new ArrayList<>();
    String path = entry.path();
    String parent = parent(path);
    if (parent != null && !parent.isEmpty()) {
      Inode above = nodes.get(parent);
      if (above == null) {
        oddities.add("! no parent in this layer or below: " + Entry.text(path));
      } else if (!above.entry.isDirectory()) {
        oddities.add("! below something that is no directory: " + Entry.text(path));
      }
    }
    if (entry.type() == 'h') {
      Inode target = nodes.get(entry.link());
      if (target == null) {
        oddities.add("! hard link to nothing: " + Entry.text(path));
        return oddities;
      }
      removeTree(path);
      nodes.put(path, target);
      return oddities;
    }
    Inode old = nodes.get(path);
    if (old != null && !(old.entry.isDirectory() && entry.isDirectory())) {
      removeTree(path);
    }
    nodes.put(path, new Inode(entry));
    return oddities;
  }

  private void removeTree(String path) {
    nodes.remove(path);
    removeChildren(path);
  }

  private void removeChildren(String path) {
    if (path.isEmpty()) {
      nodes.keySet().removeIf(name -> !name.isEmpty());
    } else {
      nodes.subMap(path + "/", path + "0").clear(); // '0' follows '/'
    }
  }

  private static @Nullable String parent(String path) {
    if (path.isEmpty()) {
      return null;
    }
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }
}
