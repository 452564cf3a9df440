package dev.slipway.builder.layer;

import com.github.luben.zstd.ZstdIOException;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * The tar inside a layer's blob. A thread of its own decompresses and hashes it, ahead by a few
 * pieces: about as much work as writing the files is for the one that reads.
 */
final class TarStream extends InputStream {
  private static final int PIECE = 256 * 1024;
  private static final int PIECES = 6;

  /** Some bytes of the tar; or, with a length of -1, its end and perhaps why it came. */
  private static final class Piece {
    final byte[] bytes;
    final int length;
    final @Nullable Throwable failure;

    Piece(byte[] bytes, int length, @Nullable Throwable failure) {
      this.bytes = bytes;
      this.length = length;
      this.failure = failure;
    }
  }

  private final MessageDigest hasher;
  private final long maxBytes;
  private final BlockingQueue<Piece> ready = new ArrayBlockingQueue<>(PIECES);
  private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(PIECES + 2);
  private final Thread thread;
  private Piece current = new Piece(new byte[0], 0, null);
  private int position;
  private long total;
  private boolean ended;
  private volatile boolean closed;

  TarStream(InputStream blob, MessageDigest hasher, long maxBytes) {
    this.hasher = hasher;
    this.maxBytes = maxBytes;
    for (int i = 0; i < PIECES; i++) {
      free.add(new byte[PIECE]);
    }
    InputStream kept =
        new FilterInputStream(blob) {
          @Override
          public void close() {}
        };
    thread = Thread.ofPlatform().daemon().name("slipway-decompress").start(() -> decompress(kept));
  }

  private void decompress(InputStream blob) {
    Throwable failure = null;
    try (InputStream in = Decompression.of(blob)) {
      while (!closed) {
        byte[] bytes = free.take();
        int n = in.readNBytes(bytes, 0, bytes.length);
        if (n == 0) {
          break;
        }
        hasher.update(bytes, 0, n);
        ready.put(new Piece(bytes, n, null));
      }
    } catch (InterruptedException e) {
      return;
    } catch (Throwable e) {
      failure = e;
    }
    try {
      ready.put(new Piece(new byte[0], -1, failure));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What has hashed the whole tar, after {@link #drain}. */
  MessageDigest hasher() {
    return hasher;
  }

  /** Reads on to the end. */
  void drain() throws IOException {
    while (nextPiece()) {
      position = current.length;
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (position == current.length && !nextPiece()) {
      return -1;
    }
    int n = Math.min(length, current.length - position);
    System.arraycopy(current.bytes, position, target, offset, n);
    position += n;
    return n;
  }

  @Override
  public long skip(long count) throws IOException {
    if (count <= 0 || (position == current.length && !nextPiece())) {
      return 0;
    }
    int n = (int) Math.min(count, current.length - position);
    position += n;
    return n;
  }

  private boolean nextPiece() throws IOException {
    if (ended) {
      return false;
    }
    try {
      if (current.length > 0) {
        free.put(current.bytes);
      }
      Piece piece = ready.take();
      if (piece.length < 0) {
        ended = true;
        current = new Piece(new byte[0], 0, null);
        position = 0;
        rethrow(piece.failure);
        return false;
      }
      total += piece.length;
      if (total > maxBytes) {
        throw tooLarge();
      }
      current = piece;
      position = 0;
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildException(ErrorCode.CANCELLED, "cancelled while a layer was unpacked", e);
    }
  }

  static BuildException tooLarge() {
    return new BuildException(
        ErrorCode.IMAGE_INVALID,
        "the layer is larger than the limit for unpacked layers; if it is meant to be, raise it");
  }

  private static void rethrow(@Nullable Throwable failure) throws IOException {
    switch (failure) {
      case null -> {}
      // What the decoders themselves throw; anything else came from where the blob comes from.
      case ZipException e -> throw Decompression.malformed(e);
      case EOFException e -> throw Decompression.malformed(e);
      case ZstdIOException e -> throw Decompression.malformed(e);
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IOException(e);
    }
  }

  /** Waits for the other thread, so that nobody reads the blob any more. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
