package dev.slipway.builder.copy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
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

/** Hashes the contents of selected files, each once, on as many threads as there are cores. */
final class ContentHashes {
  private static final int BUFFER = 128 * 1024;
  private static final int MAX_THREADS = 8;

  /** Below this many files, starting threads costs more than it saves. */
  private static final int FEW = 64;

  private final FileHashes known;

  ContentHashes(FileHashes known) {
    this.known = known;
  }

  /** The archive itself as a file of its tree. */
  static Node.Bytes bytes(ArchiveFile archive) {
    return new Node.Bytes.OfTree(archive.tree(), archive.path(), archive.stat());
  }

  static String hash(Map<Node.Bytes, String> hashes, Node.Bytes bytes) {
    String hash = hashes.get(bytes);
    if (hash == null) {
      throw new IllegalStateException("a content was not hashed");
    }
    return hash;
  }

  Map<Node.Bytes, String> of(List<SelectedRoot> roots) throws IOException {
    Set<Node.Bytes> wanted = new LinkedHashSet<>();
    for (SelectedRoot root : roots) {
      if (root.archive().isPresent()) {
        wanted.add(bytes(root.archive().get()));
        continue;
      }
      for (Node node : root.nodes()) {
        if (!(node.bytes() instanceof Node.Bytes.None)) {
          wanted.add(node.bytes());
        }
      }
    }
    Map<Node.Bytes, String> hashes = new ConcurrentHashMap<>(wanted.size() * 2);
    List<Node.Bytes> work = new ArrayList<>(wanted);
    int threads = Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors());
    if (work.size() <= FEW || threads == 1) {
      worker(work, new AtomicInteger(), hashes);
    } else {
      parallel(work, threads, hashes);
    }
    return hashes;
  }

  private void parallel(List<Node.Bytes> work, int threads, Map<Node.Bytes, String> hashes)
      throws IOException {
    AtomicInteger next = new AtomicInteger();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        running.add(
            pool.submit(() -> {
              worker(work, next, hashes);
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

  private void worker(List<Node.Bytes> work, AtomicInteger next, Map<Node.Bytes, String> hashes)
      throws IOException {
    byte[] buffer = new byte[BUFFER];
    for (int i; (i = next.getAndIncrement()) < work.size(); ) {
      Node.Bytes bytes = work.get(i);
      hashes.put(bytes, hash(bytes, buffer));
    }
  }

  private String hash(Node.Bytes bytes, byte[] buffer) throws IOException {
    return switch (bytes) {
      case Node.Bytes.OfTree file -> {
        String remembered = known.get(file.stat());
        if (remembered != null) {
          yield remembered;
        }
        try (InputStream in = Node.open(file)) {
          String hash = ContentDigest.hash(in, buffer);
          known.put(file.stat(), hash);
          yield hash;
        }
      }
      case Node.Bytes.InMemory memory -> {
        try (InputStream in = memory.content().open()) {
          yield ContentDigest.hash(in, buffer);
        }
      }
      case Node.Bytes.None none -> ContentDigest.hash("");
      case Node.Bytes.OfArchive inside ->
          throw new UncheckedIOException(
              new IOException("entry " + inside.number() + " is hashed with its archive"));
    };
  }
}
