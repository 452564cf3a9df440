package dev.slipway.builder.store;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * How large a store was when its files were counted last, and how full its disk: what the disk has
 * gained since is the most that the store can have. So that few builds have to count, which takes
 * longer the more there is.
 */
final class LastCount {
  /** Others may have deleted meanwhile, which hides what the store gained. */
  private static final Duration TRUSTED = Duration.ofHours(1);

  private final Path file;
  private final FileStore disk;

  LastCount(Path root) throws IOException {
    this.file = root.resolve("size");
    this.disk = Files.getFileStore(root);
  }

  /** Bytes of the file system. */
  long diskSize() throws IOException {
    return disk.getTotalSpace();
  }

  /**
   * Whether the store need not be counted to know that it is within its limit.
   *
   * @param grown whether something was added since
   */
  boolean isWithin(long limit, boolean grown) {
    try {
      String[] numbers = Files.readString(file).split(" ", -1);
      long bytes = Long.parseLong(numbers[0]);
      if (!grown) {
        return bytes <= limit;
      }
      long gained = Math.max(0, used() - Long.parseLong(numbers[1]));
      Instant counted = Files.getLastModifiedTime(file).toInstant();
      return bytes + gained <= limit / 2 && counted.plus(TRUSTED).isAfter(Instant.now());
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return false; // nobody counted yet
    }
  }

  void write(long bytes) throws IOException {
    Files.writeString(file, bytes + " " + used());
  }

  private long used() throws IOException {
    return disk.getTotalSpace() - disk.getUnallocatedSpace();
  }
}
