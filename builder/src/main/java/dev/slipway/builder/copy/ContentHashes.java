package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The hashes of contents of selected files. Those that the walk did not read are read here, each
 * once, on as many threads as there are cores.
 */
final class ContentHashes {
  private static final int BUFFER = 128 * 1024;
  private static final int MAX_THREADS = 8;

  private final Map<Node.Bytes.OfTree, Sha256> hashes;

  private ContentHashes(Map<Node.Bytes.OfTree, Sha256> hashes) {
    this.hashes = hashes;
  }

  /** The archive itself as a file of its tree. */
  private static Node.Bytes.OfTree bytes(ArchiveFile archive) {
    return new Node.Bytes.OfTree(archive.tree(), archive.path(), archive.stat());
  }

  /** Hashes all that is not hashed yet. */
  static ContentHashes of(List<SelectedRoot> roots, FileHashes known) throws IOException {
    Set<Node.Bytes.OfTree> wanted = new LinkedHashSet<>();
    for (SelectedRoot root : roots) {
      if (root.archive().isPresent()) {
        wanted.add(bytes(root.archive().get()));
        continue;
      }
      for (Node node : root.nodes()) {
        if (node.bytes() instanceof Node.Bytes.OfTree file) {
          wanted.add(file);
        }
      }
    }
    Map<Node.Bytes.OfTree, Sha256> hashes = new ConcurrentHashMap<>();
    List<Node.Bytes.OfTree> work = new ArrayList<>(wanted);
    int cores = Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
    int threads = Math.min(work.size(), cores);
    if (threads <= 1) {
      worker(work, known, new AtomicInteger(), hashes);
    } else {
      parallel(work, known, threads, hashes);
    }
    return new ContentHashes(hashes);
  }

  Sha256 of(ArchiveFile archive) {
    return of(bytes(archive));
  }

  Sha256 of(Node.Bytes bytes) {
    return switch (bytes) {
      case Node.Bytes.None none -> throw new IllegalStateException("no content has no hash");
      case Node.Bytes.Hashed hashed -> hashed.sha256();
      case Node.Bytes.OfTree file -> {
        Sha256 hash = hashes.get(file);
        if (hash == null) {
          throw new IllegalStateException("not hashed: " + file.path());
        }
        yield hash;
      }
      case Node.Bytes.OfArchive inside ->
          throw new IllegalStateException("hashed with its archive: entry " + inside.number());
    };
  }

  private static void parallel(
      List<Node.Bytes.OfTree> work,
      FileHashes known,
      int threads,
      Map<Node.Bytes.OfTree, Sha256> hashes)
      throws IOException {
    AtomicInteger next = new AtomicInteger();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        running.add(
            pool.submit(() -> {
              worker(work, known, next, hashes);
              return null;
            }));
      }
      try {
        for (Future<?> future : running) {
          future.get();
        }
      } catch (ExecutionException e) {
        next.set(work.size());
        switch (e.getCause()) {
          case IOException io -> throw io;
          case BuildException failure -> throw failure;
          case null, default -> throw new IllegalStateException(e);
        }
      } catch (InterruptedException e) {
        next.set(work.size());
        Thread.currentThread().interrupt();
        throw new BuildException(ErrorCode.CANCELLED, "hashing the sources was cancelled", e);
      }
    }
  }

  private static void worker(
      List<Node.Bytes.OfTree> work,
      FileHashes known,
      AtomicInteger next,
      Map<Node.Bytes.OfTree, Sha256> hashes)
      throws IOException {
    byte[] buffer = new byte[BUFFER];
    for (int i; (i = next.getAndIncrement()) < work.size(); ) {
      Node.Bytes.OfTree file = work.get(i);
      Sha256 hash = known.get(file.stat());
      if (hash == null) {
        try (InputStream in = Node.open(file.tree(), file.path())) {
          hash = Sha256.of(in, buffer);
        }
        known.put(file.stat(), hash);
      }
      hashes.put(file, hash);
    }
  }
}
