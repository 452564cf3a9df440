package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.layer.Content;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.Entry;
import dev.slipway.builder.linux.Errno;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.FileType;
import dev.slipway.builder.linux.LinuxException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A root file system and what an instruction has put into it so far: the next source sees what the
 * one before has made. Paths are relative to the root; those that methods take and give, but for
 * {@link #resolve}, have no symbolic link on the way.
 */
final class DestinationTree {
  private static final int MAX_LINKS = 255;
  private static final Attributes USUAL_ROOT = new Attributes(0755, 0, 0, 0);

  private final Lookup below;

  /** In the order in which they came, which mostly is that of the layer, and quickly sorted. */
  private final Map<String, Node> planned = new LinkedHashMap<>();

  /** Directories with nothing below them in the root file system, so that nobody need ask. */
  private final Set<String> fresh = new HashSet<>();

  /** Directories of the root file system that something else has replaced. */
  private final Set<String> replaced = new HashSet<>();

  private final Set<String> opaque = new HashSet<>();
  private boolean changed;

  DestinationTree(Lookup below) {
    this.below = below;
  }

  /** What is at a path. */
  record At(FileType type, String target) {
    boolean isDirectory() {
      return type == FileType.DIRECTORY;
    }
  }

  /** Whether anything was put or made. */
  boolean changed() {
    return changed;
  }

  @Nullable At find(String path) throws IOException {
    Node node = planned.get(path);
    if (node != null) {
      return new At(node.type(), node.target());
    }
    Lookup.Found found = below(path);
    return found == null ? null : new At(found.type(), found.target());
  }

  private Lookup.@Nullable Found below(String path) throws IOException {
    if (path.isEmpty()) {
      return below.find("");
    }
    String parent = parent(path);
    Node node = planned.get(parent);
    if (fresh.contains(parent) || (node != null && !node.isDirectory())) {
      return null;
    }
    return below.find(path);
  }

  /** Where {@code path} leads, every symbolic link followed below the root. */
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
        at = parent(at);
        continue;
      }
      String next = at.isEmpty() ? part : at + "/" + part;
      At found = find(next);
      if (found == null || found.type() != FileType.SYMLINK) {
        at = next;
        continue;
      }
      if (++links > MAX_LINKS) {
        throw new LinuxException("follow", "/" + path, Errno.ELOOP);
      }
      if (found.target().startsWith("/")) {
        at = "";
      }
      String[] parts = found.target().split("/", -1);
      for (int i = parts.length - 1; i >= 0; i--) {
        todo.push(parts[i]);
      }
    }
    return at;
  }

  /** {@code mkdir -p}, with links on the way followed; answers where the directory is. */
  String makeDirectories(String path, int mode, Owner owner) throws IOException {
    String resolved = resolve(path);
    make(resolved, new Attributes(mode, owner.uid(), owner.gid(), 0));
    return resolved;
  }

  private void make(String path, Attributes attributes) throws IOException {
    Node node = planned.get(path);
    if (node != null && node.isDirectory()) {
      return;
    }
    if (path.isEmpty()) {
      root();
      return;
    }
    make(parent(path), attributes);
    if (node == null) {
      Lookup.Found found = below(path);
      if (found != null && found.type() == FileType.DIRECTORY) {
        planned.put(path, directory(path, found.attributes()));
        return;
      }
      if (found == null) {
        planned.put(path, directory(path, attributes));
        fresh.add(path);
        changed = true;
        return;
      }
    }
    throw inTheWay("/" + path + " is not a directory, but a directory is needed there");
  }

  /** The root has an entry only where its attributes are not what everybody expects. */
  private void root() throws IOException {
    Lookup.Found found = below.find("");
    if (found == null) {
      fresh.add("");
    } else if (!found.attributes().withMtime(0).equals(USUAL_ROOT)) {
      planned.put("", directory("", found.attributes()));
    }
  }

  /**
   * Puts a node where its path says. Its parents exist. A directory is merged into a directory and
   * takes over its attributes; a file replaces anything but a directory.
   */
  void put(Node node) throws IOException {
    At at = find(node.path());
    if (node.isDirectory()) {
      if (at == null) {
        fresh.add(node.path());
      } else if (!at.isDirectory()) {
        throw inTheWay(
            "the directory /"
                + node.path()
                + " cannot be copied: something that is not a directory is there");
      }
    } else if (at != null && at.isDirectory()) {
      throw inTheWay(
          "the file /" + node.path() + " cannot be copied: a directory is there already");
    }
    planned.put(node.path(), node);
    changed = true;
  }

  /** As {@link #put}, but anything in the way is removed, as when tar unpacks. */
  void replace(Node node) throws IOException {
    String path = node.path();
    At at = find(path);
    if (at != null && at.isDirectory() != node.isDirectory()) {
      if (at.isDirectory()) {
        Lookup.Found lower = below(path);
        if (lower != null && lower.type() == FileType.DIRECTORY) {
          replaced.add(path);
        }
        planned.keySet().removeIf(name -> name.startsWith(path + "/"));
      } else {
        fresh.add(path);
        if (replaced.contains(path)) {
          opaque.add(path);
        }
      }
      planned.remove(path);
    } else if (at == null && node.isDirectory()) {
      fresh.add(path);
    }
    planned.put(path, node);
    changed = true;
  }

  /** The layer: parents first, siblings in byte order, then the files of archives in theirs. */
  Entries entries() {
    List<String> paths = new ArrayList<>(planned.keySet());
    paths.sort(FileName.PATH_ORDER);
    return visitor -> {
      Map<Node.Link, String> first = new HashMap<>();
      Map<ArchiveFile, Map<Long, List<Node>>> inArchives = new LinkedHashMap<>();
      for (String path : paths) {
        Node node = planned.get(path);
        if (node == null) {
          continue;
        }
        if (node.bytes() instanceof Node.Bytes.OfArchive(ArchiveFile archive, long number)) {
          inArchives
              .computeIfAbsent(archive, a -> new HashMap<>())
              .computeIfAbsent(number, n -> new ArrayList<>())
              .add(node);
          continue;
        }
        visitor.visit(entry(node, first));
        if (opaque.contains(path)) {
          visitor.visit(new Entry.Opaque(path));
        }
      }
      for (Map.Entry<ArchiveFile, Map<Long, List<Node>>> archive : inArchives.entrySet()) {
        contents(archive.getKey(), archive.getValue(), visitor);
      }
    };
  }

  private static void contents(
      ArchiveFile archive, Map<Long, List<Node>> wanted, Entries.Visitor visitor)
      throws IOException {
    long[] number = {0};
    archive
        .entries()
        .forEach(entry -> {
          List<Node> nodes = wanted.get(number[0]++);
          if (nodes == null || !(entry instanceof Entry.File file)) {
            return;
          }
          Node first = nodes.getFirst();
          visitor.visit(
              new Entry.File(first.path(), first.attributes(), file.size(), file.content()));
          for (Node more : nodes.subList(1, nodes.size())) {
            visitor.visit(new Entry.HardLink(more.path(), more.attributes(), first.path()));
          }
        });
  }

  private static Entry entry(Node node, Map<Node.Link, String> first) {
    String path = node.path();
    Attributes attributes = node.attributes();
    return switch (node.type()) {
      case DIRECTORY -> new Entry.Directory(path, attributes);
      case SYMLINK -> new Entry.Symlink(path, attributes, node.target());
      case FIFO -> new Entry.Fifo(path, attributes);
      case CHARACTER_DEVICE, BLOCK_DEVICE ->
          new Entry.Device(path, attributes, node.type(), node.major(), node.minor());
      case REGULAR, SOCKET -> {
        Node.Link link = node.link();
        String earlier = link == null ? null : first.putIfAbsent(link, path);
        yield earlier == null
            ? new Entry.File(path, attributes, node.size(), content(node.bytes()))
            : new Entry.HardLink(path, attributes, earlier);
      }
    };
  }

  private static Content content(Node.Bytes bytes) {
    return switch (bytes) {
      case Node.Bytes.None none -> Content.EMPTY;
      case Node.Bytes.Hashed(Sha256 sha256, Content content) -> content;
      case Node.Bytes.OfTree file -> () -> Node.open(file.tree(), file.path());
      case Node.Bytes.OfArchive inside ->
          throw new IllegalStateException("read with its archive: " + inside.number());
    };
  }

  private static Node directory(String path, Attributes attributes) {
    return new Node(path, FileType.DIRECTORY, attributes, "", 0, 0, 0, null, Node.NO_BYTES);
  }

  static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  private static BuildException inTheWay(String message) {
    return new BuildException(
        ErrorCode.DESTINATION_INVALID, message + "; remove it first, or choose another path");
  }
}
