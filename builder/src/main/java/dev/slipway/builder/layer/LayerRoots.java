package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.DirEntry;
import dev.slipway.builder.linux.LinuxException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The root directories of unpacked layers, held open with the names that are in them. Each step of
 * a build is looked up in all layers of the steps before it: without this, sixty steps would open
 * and ask 1,800 directories. Thread-safe; the layers must not change.
 */
public final class LayerRoots implements AutoCloseable {
  /** Whoever has more in its root is asked instead of remembered. */
  private static final int MOST_NAMES = 1000;

  private final Map<Path, Root> open = new ConcurrentHashMap<>();

  /** Of no layer yet. */
  public LayerRoots() {}

  /**
   * One layer's.
   *
   * @param names all that is in it; empty where they are too many
   */
  record Root(Dir dir, boolean opaque, Optional<Set<String>> names) {
    boolean mayHave(String name) {
      return names.isEmpty() || names.get().contains(name);
    }
  }

  Root root(Path layer) throws LinuxException {
    Root known = open.get(layer);
    if (known != null) {
      return known;
    }
    Root made = read(layer);
    Root first = open.putIfAbsent(layer, made);
    if (first != null) {
      made.dir.close();
      return first;
    }
    return made;
  }

  private static Root read(Path layer) throws LinuxException {
    Dir dir = Dir.open(layer);
    try {
      Optional<Set<String>> names =
          Optional.of(dir.list()).filter(LayerRoots::few).map(LayerRoots::names);
      return new Root(dir, LayerStack.isOpaque(dir), names);
    } catch (LinuxException e) {
      dir.close();
      throw e;
    }
  }

  private static boolean few(List<DirEntry> entries) {
    return entries.size() <= MOST_NAMES;
  }

  private static Set<String> names(List<DirEntry> entries) {
    Set<String> names = new HashSet<>();
    entries.forEach(entry -> names.add(entry.name()));
    return names;
  }

  @Override
  public void close() {
    open.values().forEach(root -> root.dir.close());
    open.clear();
  }
}
