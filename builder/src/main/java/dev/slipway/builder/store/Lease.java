package dev.slipway.builder.store;

import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.Lock;
import dev.slipway.builder.linux.OpenFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;

/**
 * The claim of a running build on all that it used since it began: a locked file whose time is that
 * beginning. A process that dies loses the lock, so a claim never outlives its build.
 */
final class Lease implements AutoCloseable {
  private static final String FOLDER = "leases";

  private final Path file;
  private final Dir directory;
  private final OpenFile open;

  private Lease(Path file, Dir directory, OpenFile open) {
    this.file = file;
    this.directory = directory;
    this.open = open;
  }

  static Lease take(Path root) throws IOException {
    Path folder = Files.createDirectories(root.resolve(FOLDER));
    Dir directory = Dir.open(folder);
    while (true) {
      String name = UUID.randomUUID().toString();
      OpenFile open = directory.create(name, 0600);
      open.lock(Lock.EXCLUSIVE);
      // Before it was locked, somebody may have taken it for a dead one.
      if (directory.find(name) != null) {
        return new Lease(folder.resolve(name), directory, open);
      }
      open.close();
    }
  }

  /** When the oldest build that still runs began; now where none does. Removes dead leases. */
  static Instant oldest(Path root) throws IOException {
    Instant oldest = Instant.now();
    Path folder = Files.createDirectories(root.resolve(FOLDER));
    try (Dir directory = Dir.open(folder);
        DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        try (OpenFile open = directory.openOrCreate(file.getFileName().toString(), 0600)) {
          if (open.tryLock(Lock.EXCLUSIVE)) {
            Files.deleteIfExists(file);
          } else {
            Instant began = Files.getLastModifiedTime(file).toInstant();
            oldest = began.isBefore(oldest) ? began : oldest;
          }
        } catch (NoSuchFileException e) {
          // It ended this instant: no claim is left.
        }
      }
    }
    return oldest;
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The lock goes with the descriptor; the next prune removes the file.
    } finally {
      closeQuietly();
    }
  }

  private void closeQuietly() {
    open.close();
    directory.close();
  }
}
