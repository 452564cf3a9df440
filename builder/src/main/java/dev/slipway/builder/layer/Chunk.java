package dev.slipway.builder.layer;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A piece of a tar on its way through hashing and compression. Reused, never resized. */
final class Chunk {
  /** As in pigz: large enough that cutting there costs little, small enough to be many. */
  static final int SIZE = 128 * 1024;

  /** How far back deflate can refer (RFC 1951). */
  static final int WINDOW = 32 * 1024;

  final byte[] data = new byte[SIZE];
  int length;

  /** The end of the chunk before, which this one's compression may refer to. */
  final byte[] dictionary = new byte[WINDOW];

  int dictionaryLength;
  boolean last;

  /** Room for the worst case: stored blocks, five bytes for each 65,535. */
  final byte[] packed = new byte[SIZE + 1024];

  int packedLength;

  /** Opens when {@link #packed} is ready. */
  volatile CountDownLatch ready = new CountDownLatch(0);

  /** How many of the two readers, hash and output, still need it. */
  final AtomicInteger readers = new AtomicInteger();

  /** Keeps the end of {@code previous}, before that is reused. */
  void follow(Chunk previous) {
    dictionaryLength = Math.min(WINDOW, previous.length);
    System.arraycopy(
        previous.data, previous.length - dictionaryLength, dictionary, 0, dictionaryLength);
  }
}
