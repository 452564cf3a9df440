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
  /** More than any engine needs of one build, in pieces of 4 MiB. */
  private static final int PIECES = 3072;

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
    unmount();
    if (!Files.exists(image)) {
      Files.createDirectories(directory);
      // Written once and as a whole: in a sparse file, the file system that holds it would have to
      // find room for what an engine writes, and beside a later build.
      Program.of("dd", "if=/dev/zero", "of=" + image, "bs=4M", "count=" + PIECES, "oflag=direct")
          .run();
    }
    // Whole as well, and not by a kernel thread beside the build.
    String options = "nodiscard,lazy_itable_init=0,lazy_journal_init=0";
    Program.of("mkfs.ext4", "-q", "-F", "-E", options, "" + image).run();
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

  private void unmount() throws IOException, InterruptedException {
    if (mounted) {
      Program.of("umount", "--recursive", "" + directory).run();
      mounted = false;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      unmount();
      Files.deleteIfExists(image);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
