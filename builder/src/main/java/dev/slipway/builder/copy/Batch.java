package dev.slipway.builder.copy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Neighbours in a walk, which one thread reads while the walk goes on: filled by the walk, read by
 * any one thread, and emptied by the walk.
 */
final class Batch {
  /** So many that handing them over costs nothing beside reading them. */
  private static final int FILES = 128;

  /** Each is an open descriptor. */
  private static final int DIRECTORIES = 16;

  private final WalkedDirectory[] directories = new WalkedDirectory[FILES];
  private final String[] names = new String[FILES];
  private final String[] paths = new String[FILES];
  private final int[] slots = new int[FILES];
  private final @Nullable Node[] nodes = new @Nullable Node[FILES];
  private final List<WalkedDirectory> open = new ArrayList<>();
  private final CountDownLatch done = new CountDownLatch(1);
  private int size;
  private @Nullable Throwable failure;

  boolean isFull() {
    return size == FILES || open.size() == DIRECTORIES;
  }

  /**
   * Adds a regular file.
   *
   * @param path of its node
   * @param slot its place in the walk
   */
  void add(WalkedDirectory directory, String name, String path, int slot) {
    if (open.isEmpty() || open.getLast() != directory) {
      directory.retain();
      open.add(directory);
    }
    directories[size] = directory;
    names[size] = name;
    paths[size] = path;
    slots[size] = slot;
    size++;
  }

  /** Reads all. What goes wrong is thrown by {@link #putInto}. */
  void read(NodeReader reader) {
    try {
      for (int i = 0; i < size; i++) {
        nodes[i] = reader.find(directories[i].place(), names[i], paths[i]);
      }
    } catch (Throwable e) {
      failure = e;
    } finally {
      giveUp();
      done.countDown();
    }
  }

  /** Lets go of the directories. */
  void giveUp() {
    open.forEach(WalkedDirectory::close);
    open.clear();
  }

  boolean isDone() {
    return done.getCount() == 0;
  }

  /** Waits until it is read, and puts the nodes where they belong among those of the walk. */
  void putInto(List<@Nullable Node> walk) throws IOException, InterruptedException {
    done.await();
    switch (failure) {
      case null -> {}
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
    for (int i = 0; i < size; i++) {
      walk.set(slots[i], nodes[i]);
    }
  }
}
