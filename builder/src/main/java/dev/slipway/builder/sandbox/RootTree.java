package dev.slipway.builder.sandbox;

import dev.slipway.builder.layer.Attributes;
import dev.slipway.builder.layer.DirectoryFormat;
import dev.slipway.builder.layer.DirectoryReader;
import dev.slipway.builder.layer.DirectoryWriter;
import dev.slipway.builder.layer.Entries;
import dev.slipway.builder.layer.Entry;
import dev.slipway.builder.layer.LayerStack;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.LinuxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Layers copied into one plain directory, for steps to work in. It serves one step after the other:
 * {@link #take} moves the changes of one out of it, and {@link #become} puts the layer that was
 * made of them on top again, so that the layers are not copied anew for each.
 */
final class RootTree implements AutoCloseable {
  private final Path home;
  private final Dir root;
  private final Dir aside;
  private List<Path> layers = List.of();
  private List<TreeChanges.Loss> losses = List.of();
  private Optional<Snapshot> snapshot = Optional.empty();

  private RootTree(Path home, Dir root, Dir aside) {
    this.home = home;
    this.root = root;
    this.aside = aside;
  }

  /** Makes an empty one. */
  static RootTree make(Path home) throws IOException {
    Files.createDirectory(home);
    try (Dir dir = Dir.open(home)) {
      dir.chmod("", 0700);
      dir.mkdir("root", 0755);
      dir.mkdir("aside", 0700);
      return new RootTree(home, dir.openDir("root"), dir.openDir("aside"));
    }
  }

  Dir root() {
    return root;
  }

  /** A directory on the same file system that no step can reach. */
  Dir aside() {
    return aside;
  }

  Path home() {
    return home;
  }

  /** How many of {@code wanted} it holds already, from the bottom on; -1 where it is of no use. */
  int fits(List<Path> wanted) throws LinuxException {
    if (wanted.size() < layers.size() || !wanted.subList(0, layers.size()).equals(layers)) {
      return -1;
    }
    if (losses.isEmpty()) {
      return layers.size();
    }
    if (wanted.size() == layers.size()) {
      return -1;
    }
    try (Dir next = Dir.open(wanted.get(layers.size()))) {
      for (TreeChanges.Loss loss : losses) {
        if (!loss.isMadeGoodBy(next)) {
          return -1;
        }
      }
    }
    return layers.size();
  }

  /** Puts on top what it does not hold yet. It must fit. */
  void become(List<Path> wanted) throws IOException {
    if (layers.isEmpty() && losses.isEmpty()) {
      try (LayerStack stack = LayerStack.open(wanted)) {
        write(stack.entries(), stack);
      }
    } else {
      for (Path layer : wanted.subList(layers.size(), wanted.size())) {
        try (Dir dir = Dir.open(layer);
            LayerStack top = LayerStack.open(List.of(layer))) {
          write(DirectoryReader.entries(dir, DirectoryFormat.OVERLAY_USERXATTR), top);
        }
      }
    }
    layers = List.copyOf(wanted);
    losses = List.of();
    snapshot = Optional.of(Snapshot.of(root));
  }

  private void write(Entries entries, LayerStack top) throws IOException {
    Attributes own = top.isEmpty() ? new Attributes(0755, 0, 0, 0) : top.attributes();
    Entries all = Entries.of(List.of(new Entry.Directory("", own))).then(entries);
    DirectoryWriter.write(DeviceFiles.onlyHarmless(all), root, DirectoryFormat.PLAIN);
  }

  /** See {@link Snapshot#outlast}. */
  void settle() throws LinuxException, InterruptedException {
    snapshot.orElseThrow().outlast(aside);
  }

  /** Moves what has changed since it became what it is into an empty directory. */
  void take(Path upper) throws IOException {
    try (Dir target = Dir.open(upper);
        LayerStack below = LayerStack.open(layers)) {
      losses = TreeChanges.move(root, snapshot.orElseThrow(), below, target);
    }
    snapshot = Optional.empty();
  }

  @Override
  public void close() {
    root.close();
    aside.close();
  }

  /** Closes it and removes it from the disk. */
  void delete() throws IOException {
    close();
    try (Dir dir = Dir.open(home)) {
      dir.deleteRecursively("root");
      dir.deleteRecursively("aside");
    }
    Files.delete(home);
  }
}
