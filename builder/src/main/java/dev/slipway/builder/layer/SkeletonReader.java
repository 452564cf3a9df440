package dev.slipway.builder.layer;

import dev.slipway.builder.linux.FileType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Gathers the skeleton of a layer from its entries, in their order. For one layer and thread. */
public final class SkeletonReader {
  /** Layers of millions of names are better looked up on disk than held in memory. */
  private static final int MOST_NAMES = 400_000;

  private final Map<String, Skeleton.Item> items = new HashMap<>();
  private final Set<String> implied = new HashSet<>();
  private final Set<String> deleted = new HashSet<>();
  private final Set<String> opaque = new HashSet<>();
  private final Map<Attributes, Attributes> known = new HashMap<>();
  private boolean plain = true;

  /** Of a layer that has no entries yet. */
  public SkeletonReader() {}

  /** What was gathered; empty where only unpacking the layer tells what it means. */
  public Optional<Skeleton> skeleton() {
    return plain ? Optional.of(new Skeleton(PathTable.of(rows()))) : Optional.empty();
  }

  private Map<String, PathTable.Row> rows() {
    Set<String> paths = new HashSet<>(items.keySet());
    paths.addAll(implied);
    paths.addAll(deleted);
    paths.addAll(opaque);
    Map<String, PathTable.Row> rows = new HashMap<>(paths.size() * 2);
    for (String path : paths) {
      rows.put(
          path,
          new PathTable.Row(
              items.get(path),
              implied.contains(path),
              deleted.contains(path),
              opaque.contains(path)));
    }
    return rows;
  }

  /** The next entry. */
  public void add(Entry entry) {
    String path = entry.path();
    if (!plain || items.size() > MOST_NAMES) {
      plain = false;
      return;
    }
    imply(path);
    switch (entry) {
      case Entry.Whiteout ignored -> deleted.add(path);
      case Entry.Opaque ignored -> {
        opaque.add(path);
        if (!path.isEmpty() && !items.containsKey(path)) {
          implied.add(path);
        }
      }
      case Entry.Node node -> {
        String target = node instanceof Entry.Symlink link ? link.target() : "";
        Attributes attributes =
            known.computeIfAbsent(
                node.attributes().withXattrs(XattrPolicy.image(node.attributes().xattrs())),
                same -> same);
        Skeleton.Item item = new Skeleton.Item(node.type(), attributes, target);
        Skeleton.Item before = items.put(path, item);
        boolean wasDirectory = implied.remove(path) || isDirectory(before);
        boolean directory = item.type() == FileType.DIRECTORY;
        if ((wasDirectory && !directory) || (before != null && directory && !isDirectory(before))) {
          plain = false; // what the first one had in it, and hid, is too much to tell
        }
      }
    }
  }

  private static boolean isDirectory(Skeleton.@Nullable Item item) {
    return item != null && item.type() == FileType.DIRECTORY;
  }

  private void imply(String path) {
    for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      String parent = path.substring(0, slash);
      Skeleton.Item item = items.get(parent);
      if (item == null) {
        if (!implied.add(parent)) {
          return;
        }
      } else {
        // Through a link of its own the entry would be somewhere else.
        plain = plain && item.type() == FileType.DIRECTORY;
        return;
      }
    }
  }
}
