package dev.slipway.builder.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The trees that no step works in at the moment. Thread-safe. */
final class RootTrees implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RootTrees.class);

  /** Each is as large as its image; the longest unused are deleted first. */
  private static final int MOST_IDLE = 4;

  private final Path place;
  private final List<RootTree> idle = new ArrayList<>();
  private int made;
  private boolean closed;

  private RootTrees(Path place) {
    this.place = place;
  }

  /**
   * @param directory an existing one
   */
  static RootTrees in(Path directory) throws IOException {
    return new RootTrees(Files.createDirectories(directory.toAbsolutePath().resolve("trees")));
  }

  /** A tree of these layers, which is the caller's until it is given back or dropped. */
  RootTree take(List<Path> layers) throws IOException {
    RootTree tree = fitting(layers);
    boolean ready = false;
    try {
      tree.become(layers);
      ready = true;
      return tree;
    } finally {
      if (!ready) {
        drop(tree);
      }
    }
  }

  private synchronized RootTree fitting(List<Path> layers) throws IOException {
    @Nullable RootTree best = null;
    int most = 0;
    for (RootTree tree : idle) {
      int layersHeld = tree.fits(layers);
      if (layersHeld > most) {
        best = tree;
        most = layersHeld;
      }
    }
    if (best != null) {
      idle.remove(best);
      return best;
    }
    return RootTree.make(place.resolve(Integer.toString(made++)));
  }

  void giveBack(RootTree tree) {
    List<RootTree> surplus = new ArrayList<>();
    synchronized (this) {
      idle.add(tree);
      while (idle.size() > (closed ? 0 : MOST_IDLE)) {
        surplus.add(idle.removeFirst());
      }
    }
    surplus.forEach(this::drop);
  }

  void drop(RootTree tree) {
    try {
      tree.delete();
    } catch (IOException e) {
      // It goes with the sandbox's directory.
      LOG.warn("cannot delete the tree of a step: {}", e.getMessage());
    }
  }

  @Override
  public void close() {
    List<RootTree> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(idle);
      idle.clear();
    }
    all.forEach(this::drop);
  }
}
