package dev.slipway.e2e.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file system that is new for each build, mounted where engines keep their state. Deleting that
 * state would not do: ext4 does not use an inode within a minute of its deletion, and whoever makes
 * a file near it looks at each of those one by one ({@code recently_deleted} in the kernel's
 * fs/ext4/ialloc.c), so that a build would pay for what the one before it had left.
 */
final class Disk implements AutoCloseable {
  /** Sparse: more than any engine needs of one build. */
  private static final String SIZE = "24G";

  private final Path image;
  private final Path directory;
  private boolean mounted;

  Disk(Path work) {
    this.image = work.resolve("disk.img");
    this.directory = work.resolve("state");
  }

  /** Where it is mounted. */
  Path directory() {
    return directory;
  }

  /** Forgets all that is on it. No process may still be using it. */
  void renew() throws IOException, InterruptedException {
    takeAway();
    Files.createDirectories(directory);
    Program.of("truncate", "--size=" + SIZE, "" + image).run();
    // The file is all zeros, so that nothing need be written beside the build, later.
    Program.of("mkfs.ext4", "-q", "-F", "-E", "assume_storage_prezeroed=1", "" + image).run();
    // Directly, or every byte would be in the page cache twice.
    String device =
        Program.of("losetup", "--find", "--show", "--direct-io=on", "" + image).run().strip();
    try {
      Program.of("mount", device, "" + directory).run();
      mounted = true;
    } finally {
      Program.of("losetup", "--detach", device).run(); // at the latest once it is unmounted
    }
  }

  private void takeAway() throws IOException, InterruptedException {
    if (mounted) {
      Program.of("umount", "--recursive", "" + directory).run();
      mounted = false;
    }
    Files.deleteIfExists(image);
  }

  @Override
  public void close() throws IOException {
    try {
      takeAway();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
