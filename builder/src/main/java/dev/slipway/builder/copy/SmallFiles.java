package dev.slipway.builder.copy;

import dev.slipway.builder.layer.Content;
import dev.slipway.builder.linux.OpenFile;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Reads small files while they are walked. Of a small file the opening costs most: so it is opened
 * once, for its attributes, for its hash, and, as long as there is room for it, for the layer.
 *
 * <p>For one thread.
 */
final class SmallFiles {
  /** Larger files are hashed later, on all cores. */
  private static final int LARGEST = 64 * 1024;

  /** What is larger is read again rather than kept. */
  private static final int LARGEST_KEPT = 8 * 1024;

  private static final int ROOM = 16 * 1024 * 1024;

  private final MessageDigest digest = Sha256.newHasher();
  private final byte[] buffer = new byte[LARGEST];
  private int room = ROOM;

  /** Whether a file of this size is one to read here. */
  static boolean isSmall(long size) {
    return size > 0 && size <= LARGEST;
  }

  /** Reads {@code size} bytes, fewer if the file has become shorter. */
  Node.Bytes read(OpenFile file, int size, SourceTree tree, String path) throws IOException {
    int length = 0;
    for (int n; length < size && (n = file.read(buffer, length, size - length)) > 0; ) {
      length += n;
    }
    digest.update(buffer, 0, length);
    Sha256 hash = Sha256.of(digest);
    if (length > LARGEST_KEPT || length > room) {
      return new Node.Bytes.Hashed(hash, () -> Node.open(tree, path));
    }
    room -= length;
    return new Node.Bytes.Hashed(hash, Content.of(Arrays.copyOf(buffer, length)));
  }
}
