package dev.slipway.builder.solve;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.registry.BlobUpload;
import dev.slipway.builder.registry.RegistryClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the large layers of an image to its repository while they are being compressed. One that
 * does not arrive is sent by the push, which looks for it first: nothing here can fail a build. The
 * step that makes a layer never waits for the network. Thread-safe.
 */
final class EarlyUploads {
  /** Smaller ones are not worth the requests if the build fails later. */
  private static final int WORTHWHILE = 8 << 20;

  private static final int BUFFER = 256 * 1024;
  private static final Logger LOG = LoggerFactory.getLogger(EarlyUploads.class);

  private final RegistryClient registry;
  private final Optional<ImageReference> repository;
  private final Executor background;
  private final Queue<CompletableFuture<Void>> running = new ConcurrentLinkedQueue<>();
  private final Set<Digest> sent = ConcurrentHashMap.newKeySet();

  /**
   * @param repository where the image goes; empty where nothing is to be sent early
   * @param background runs the uploads
   */
  EarlyUploads(RegistryClient registry, Optional<ImageReference> repository, Executor background) {
    this.registry = registry;
    this.repository = repository;
    this.background = background;
  }

  /** Waits for what is under way. */
  void await() {
    for (CompletableFuture<Void> one; (one = running.poll()) != null; ) {
      Layers.get(one);
    }
  }

  /** Whether the repository got a blob from here. */
  boolean sent(Digest digest) {
    return sent.contains(digest);
  }

  /** A file to write a blob into that is sent as it grows. */
  Growing file(Path file) throws IOException {
    return new Growing(file);
  }

  /** A file that is written by one thread and followed by another. */
  final class Growing extends OutputStream {
    private final Path path;
    private final OutputStream file;
    private long written;
    private @Nullable InputStream follower;
    private @Nullable Digest digest;
    private boolean closed;

    private Growing(Path path) throws IOException {
      this.path = path;
      this.file = Files.newOutputStream(path);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      file.write(bytes, offset, length);
      grow(length);
      if (follower == null && written > WORTHWHILE && repository.isPresent()) {
        // Opened here, because the file is moved once it is whole.
        InputStream in = Files.newInputStream(path);
        follower = in;
        running.add(CompletableFuture.runAsync(() -> follow(in, repository.get()), background));
      }
    }

    private synchronized void grow(int length) {
      written += length;
      notifyAll();
    }

    /** Says that all is written, and what it is. */
    synchronized void complete(Digest whole) {
      digest = whole;
      notifyAll();
    }

    /** Ends the file; without {@link #complete} before it what was sent is forgotten. */
    @Override
    public void close() throws IOException {
      synchronized (this) {
        closed = true;
        notifyAll();
      }
      file.close();
    }

    private void follow(InputStream in, ImageReference target) {
      try (in;
          BlobUpload upload = registry.startUpload(target)) {
        byte[] buffer = new byte[BUFFER];
        while (awaitMore(upload.size())) {
          int read = in.read(buffer);
          if (read > 0) {
            upload.write(buffer, 0, read);
          }
        }
        Digest whole = result();
        if (whole != null) {
          upload.commit(whole);
          sent.add(whole);
        }
      } catch (IOException | BuildException e) {
        LOG.debug("a layer was not sent while it was made: {}", e.getMessage());
      }
    }

    /** Whether there is more than {@code read} bytes; waits until that is known. */
    private synchronized boolean awaitMore(long read) throws InterruptedIOException {
      try {
        while (written <= read && digest == null && !closed) {
          wait();
        }
        return written > read && (digest != null || !closed);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("the build was stopped");
      }
    }

    private synchronized @Nullable Digest result() {
      return digest;
    }
  }
}
