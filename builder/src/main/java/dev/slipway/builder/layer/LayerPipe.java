package dev.slipway.builder.layer;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Digest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The way of a tar to its blob. The caller's thread fills chunks; one thread hashes them for the
 * diff ID; a pool compresses them; one thread hashes and writes what came out, in order. A fixed
 * number of chunks goes round, which bounds the memory and makes the slowest part set the pace.
 *
 * <p>A tar of one chunk never leaves the caller's thread.
 */
final class LayerPipe extends ByteSink {
  private static final int CORES = Runtime.getRuntime().availableProcessors();

  /** How many chunks go round: two for each compressing thread, and one for each other stage. */
  private static final int CHUNKS = 2 * CORES + 4;

  private static final ExecutorService COMPRESSORS =
      Executors.newFixedThreadPool(
          CORES, Thread.ofPlatform().daemon().name("slipway-compress-", 0).factory());

  private final Packer packer;
  private final BlobOutput output;
  private final MessageDigest tarHash = Digest.newSha256();
  private final CRC32 tarCrc = new CRC32();
  private final BlockingQueue<Chunk> free = new ArrayBlockingQueue<>(CHUNKS);
  private final BlockingQueue<Chunk> toHash = new ArrayBlockingQueue<>(CHUNKS + 1);
  private final BlockingQueue<Chunk> toWrite = new ArrayBlockingQueue<>(CHUNKS + 1);
  private Chunk current = new Chunk();
  private int made = 1;
  private long size;
  private @Nullable Thread hasher;
  private @Nullable Thread writer;
  private boolean finished;
  private volatile @Nullable Throwable failure;

  LayerPipe(Packer packer, BlobOutput output) {
    this.packer = packer;
    this.output = output;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int part = Math.min(length - done, room());
      System.arraycopy(source, offset + done, current.data, current.length, part);
      current.length += part;
      done += part;
    }
    size += length;
  }

  @Override
  void fill(InputStream in, long wanted) throws IOException {
    for (long left = wanted; left > 0; ) {
      int room = room();
      int n = in.read(current.data, current.length, (int) Math.min(left, room));
      if (n < 0) {
        throw new EOFException();
      }
      current.length += n;
      left -= n;
    }
    size += wanted;
  }

  /** The size of the tar so far. */
  long size() {
    return size;
  }

  private int room() throws IOException {
    if (current.length == Chunk.SIZE) {
      Chunk full = current;
      Chunk next = takeFree();
      next.length = 0;
      next.follow(full);
      current = next;
      send(full);
    }
    return Chunk.SIZE - current.length;
  }

  private Chunk takeFree() throws IOException {
    Chunk chunk = free.poll();
    if (chunk == null && made < CHUNKS) {
      made++;
      return new Chunk();
    }
    try {
      while (chunk == null) {
        chunk = free.take();
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    rethrow();
    return chunk;
  }

  private void send(Chunk chunk) {
    if (hasher == null) {
      hasher = Thread.ofPlatform().daemon().name("slipway-hash").start(this::hashAll);
      writer = Thread.ofPlatform().daemon().name("slipway-write").start(this::writeAll);
    }
    chunk.readers.set(2);
    if (packer.parallel()) {
      CountDownLatch ready = new CountDownLatch(1);
      chunk.ready = ready;
      COMPRESSORS.execute(() -> {
        try {
          packer.pack(chunk);
        } catch (Throwable e) {
          fail(e);
        } finally {
          ready.countDown();
        }
      });
    }
    // Never full: each queue has a place for every chunk there is, and one for the end.
    toHash.add(chunk);
    toWrite.add(chunk);
  }

  private void hashAll() {
    try {
      for (boolean last = false; !last; ) {
        Chunk chunk = toHash.take();
        last = chunk.last;
        if (failure == null) {
          hash(chunk);
        }
        release(chunk);
      }
    } catch (Throwable e) {
      fail(e);
    }
  }

  private void hash(Chunk chunk) {
    tarHash.update(chunk.data, 0, chunk.length);
    tarCrc.update(chunk.data, 0, chunk.length);
  }

  private void writeAll() {
    boolean last = false;
    boolean begun = false;
    while (!last) {
      Chunk chunk = null;
      try {
        chunk = toWrite.take();
        last = chunk.last;
        chunk.ready.await();
        if (failure == null) {
          if (!begun) {
            packer.begin(output);
            begun = true;
          }
          packer.emit(chunk, output);
        }
      } catch (Throwable e) {
        // Goes on taking chunks, or the thread that fills them would wait for ever.
        fail(e);
      }
      if (chunk != null) {
        release(chunk);
      }
    }
  }

  private void release(Chunk chunk) {
    if (chunk.readers.decrementAndGet() == 0) {
      free.add(chunk);
    }
  }

  private void fail(Throwable e) {
    if (failure == null) {
      failure = e;
    }
  }

  /** Ends the blob, after which all sinks have all bytes, and answers the digest of the tar. */
  Digest finish() throws IOException {
    finished = true;
    current.last = true;
    if (hasher == null) {
      hash(current);
      packer.pack(current);
      packer.begin(output);
      packer.emit(current, output);
    } else {
      send(current);
      join();
      rethrow();
    }
    packer.end(tarCrc, size, output);
    output.flush();
    return Digest.ofSha256(tarHash.digest());
  }

  /** Stops the threads, if the tar was given up half-way. */
  @Override
  public void close() throws IOException {
    if (!finished && hasher != null) {
      finished = true;
      fail(new IOException("given up"));
      current.last = true;
      send(current);
      join();
    }
  }

  private void join() {
    boolean interrupted = false;
    for (Thread thread : new @Nullable Thread[] {hasher, writer}) {
      while (thread != null && thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          // The threads use memory of ours and sinks of the caller's: first they must end.
          interrupted = true;
          fail(interrupted(e));
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void rethrow() throws IOException {
    switch (failure) {
      case null -> {}
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IOException(e);
    }
  }

  private static BuildException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new BuildException(ErrorCode.CANCELLED, "cancelled while a layer was written", e);
  }
}
