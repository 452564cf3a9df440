package dev.slipway.builder.layer;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.DirEntry;
import dev.slipway.builder.linux.FileName;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Stat;
import dev.slipway.builder.linux.Xattrs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A directory as the unpacked layers of an image show it together, without a mount: what overlayfs
 * would merge, looked up here. The root of the stack, or a directory in it.
 */
public final class LayerStack implements AutoCloseable {
  /** In the format that overlays of the store have. */
  private static final DirectoryFormat FORMAT = DirectoryFormat.OVERLAY_USERXATTR;

  /** Where the directory is, top layer first; none where no layer has it. */
  private final List<LayerRoots.Root> places;

  /** Lets go of what this stack has opened. */
  private final Runnable release;

  private LayerStack(List<LayerRoots.Root> places, Runnable release) {
    this.places = places;
    this.release = release;
  }

  /** What is visible: an object of the directory {@code dir}. */
  public record Found(Dir dir, Stat stat) {}

  /** No layer at all. */
  public static LayerStack empty() {
    return new LayerStack(List.of(), () -> {});
  }

  /**
   * Opens the root.
   *
   * @param layers unpacked, the bottom one first
   * @param roots has them open, for as long as the stack is used
   */
  public static LayerStack open(List<Path> layers, LayerRoots roots) throws LinuxException {
    List<LayerRoots.Root> places = new ArrayList<>();
    for (Path layer : layers.reversed()) {
      LayerRoots.Root root = roots.root(layer);
      places.add(root);
      if (root.opaque()) {
        break;
      }
    }
    return new LayerStack(places, () -> {});
  }

  /** As above, for a single use. */
  public static LayerStack open(List<Path> layers) throws LinuxException {
    LayerRoots roots = new LayerRoots();
    try {
      return new LayerStack(open(layers, roots).places, roots::close);
    } catch (LinuxException e) {
      roots.close();
      throw e;
    }
  }

  public boolean isEmpty() {
    return places.isEmpty();
  }

  /** What is visible under a name, or null. */
  public @Nullable Found find(String name) throws LinuxException {
    for (LayerRoots.Root place : places) {
      Stat stat = place.mayHave(name) ? place.dir().find(name) : null;
      if (stat != null) {
        return UpperDirectory.isWhiteout(stat) ? null : new Found(place.dir(), stat);
      }
    }
    return null;
  }

  /** The directory below; empty where what is visible under that name is none. */
  public LayerStack enter(String name) throws LinuxException {
    List<LayerRoots.Root> below = new ArrayList<>();
    LayerStack stack = new LayerStack(below, () -> below.forEach(place -> place.dir().close()));
    boolean opened = false;
    try {
      for (LayerRoots.Root place : places) {
        Stat stat = place.mayHave(name) ? place.dir().find(name) : null;
        if (stat == null) {
          continue;
        }
        if (!stat.isDirectory()) {
          break; // it hides what is under it, and a whiteout does so as well
        }
        Dir entered = place.dir().openDirNoFollow(name);
        below.add(new LayerRoots.Root(entered, false, Optional.empty()));
        if (isOpaque(entered)) {
          break;
        }
      }
      opened = true;
      return stack;
    } finally {
      if (!opened) {
        stack.close();
      }
    }
  }

  /**
   * Whether an object is the very one that is visible under its name: type, attributes, time and
   * content.
   */
  public boolean holds(Dir dir, String name, Stat stat) throws IOException {
    Found found = find(name);
    return found != null
        && found.stat.mtimeSeconds() == stat.mtimeSeconds()
        && Likeness.butForTime(found.dir, found.stat, dir, stat, name);
  }

  /** The attributes of this directory: those of the topmost layer that has it. */
  public Attributes attributes() throws LinuxException {
    Dir top = places.getFirst().dir();
    Stat stat = top.lstat("");
    Xattrs own = XattrPolicy.image(top.xattrs(""));
    return new Attributes(stat.mode(), stat.uid(), stat.gid(), stat.mtimeSeconds(), own);
  }

  /** All that is below, as one stream. The stack must be open while it is read. */
  public Entries entries() {
    return visitor -> {
      DirectoryReader reader = new DirectoryReader(DirectoryFormat.PLAIN, visitor);
      walk(
          "",
          new Walker() {
            @Override
            public void directory(String name, String path, Attributes attributes)
                throws IOException {
              visitor.visit(new Entry.Directory(path, attributes));
            }

            @Override
            public void other(Found found, String name, String path) throws IOException {
              reader.visit(found.dir, name, path, found.stat);
            }
          });
    };
  }

  /**
   * Makes the same tree in an empty directory of the same file system: directories are made, and
   * all else gets one more name. So it costs no room, and nobody may ever write to it.
   */
  public void linkInto(Dir target) throws IOException {
    Directories directories = new Directories(target, DirectoryFormat.PLAIN, new Ownership());
    try (directories) {
      if (!isEmpty()) {
        directories.set("", attributes());
      }
      walk(
          "",
          new Walker() {
            @Override
            public void directory(String name, String path, Attributes attributes)
                throws IOException {
              directories.parentOf(path).mkdir(name, 0700);
              directories.set(path, attributes);
            }

            @Override
            public void other(Found found, String name, String path) throws IOException {
              directories.parentOf(path).link(found.dir, name, name);
            }
          });
      directories.finish();
    }
  }

  private interface Walker {
    void directory(String name, String path, Attributes attributes) throws IOException;

    void other(Found found, String name, String path) throws IOException;
  }

  private void walk(String prefix, Walker walker) throws IOException {
    for (String name : names()) {
      Found found = find(name);
      if (found == null) {
        continue;
      }
      String path = FileName.join(prefix, name);
      if (found.stat.isDirectory()) {
        try (LayerStack below = enter(name)) {
          walker.directory(name, path, below.attributes());
          below.walk(path, walker);
        }
      } else {
        walker.other(found, name, path);
      }
    }
  }

  private NavigableSet<String> names() throws LinuxException {
    NavigableSet<String> names = new TreeSet<>(FileName.BYTE_ORDER);
    for (LayerRoots.Root place : places) {
      for (DirEntry entry : place.dir().list()) {
        names.add(entry.name());
      }
    }
    return names;
  }

  static boolean isOpaque(Dir dir) throws LinuxException {
    return OverlayXattrs.isOpaque(dir.xattrs(""), FORMAT, dir.toString());
  }

  @Override
  public void close() {
    release.run();
  }
}
