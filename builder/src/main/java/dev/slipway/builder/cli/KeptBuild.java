package dev.slipway.builder.cli;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.solve.KeptStage;
import dev.slipway.builder.store.ContentStore;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The sign that a build runs whose stage is kept if it fails: a locked file in the store. The
 * kernel drops the lock however the build ends, so that nobody waits for a build that was killed.
 */
final class KeptBuild {
  private static final Duration POLL = Duration.ofMillis(250);

  private KeptBuild() {}

  /** Locks until this JVM ends. What an earlier build kept under the name is forgotten. */
  static void begin(Path store, String name) {
    try (ContentStore open = ContentStore.open(store)) {
      KeptStage.forget(open, name);
    }
    try {
      Path file = file(store, name);
      Path unlocked = Files.createTempFile(store, "build-", ".tmp");
      FileChannel channel = FileChannel.open(unlocked, StandardOpenOption.WRITE);
      FileLock lock = channel.lock();
      // Only a locked file ever has the name: whoever sees it can wait for the lock.
      Files.move(unlocked, file, StandardCopyOption.ATOMIC_MOVE);
      held = lock;
    } catch (IOException e) {
      throw new BuildException(
          ErrorCode.IO, "cannot announce the build in " + store + ": " + e.getMessage(), e);
    }
  }

  /** Reachable for ever: a lock that is collected is dropped. */
  @SuppressWarnings("unused")
  private static volatile @Nullable FileLock held;

  /**
   * Waits for the build to begin and to end.
   *
   * @param patience how long it may take to begin
   * @return what it kept; empty where it kept nothing or never began
   */
  static Optional<KeptStage> await(Path store, String name, Duration patience)
      throws InterruptedException, IOException {
    Path file = file(store, name);
    Instant limit = Instant.now().plus(patience);
    while (!Files.exists(file)) {
      if (Instant.now().isAfter(limit)) {
        return Optional.empty();
      }
      Thread.sleep(POLL);
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock ended = channel.lock()) {
      assert ended.isValid();
      Files.deleteIfExists(file);
    }
    try (ContentStore open = ContentStore.open(store)) {
      return KeptStage.find(open, name);
    }
  }

  private static Path file(Path store, String name) {
    return store.resolve("building-" + name.replace('/', '_'));
  }
}
