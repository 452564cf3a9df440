package dev.slipway.builder.store;

import dev.slipway.builder.image.Digest;
import dev.slipway.builder.linux.Dir;
import dev.slipway.builder.linux.LinuxException;
import dev.slipway.builder.linux.Lock;
import dev.slipway.builder.linux.OpenFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Directories that RUN steps keep between builds ({@code --mount=type=cache}). Thread-safe. */
public final class CacheMounts {
  private final Path root;

  CacheMounts(Path root) {
    this.root = root;
  }

  /** Who may use a cache mount at the same time. */
  public enum Sharing {
    SHARED,
    PRIVATE,
    LOCKED
  }

  /**
   * A directory in use. Closing it lets the next user in.
   *
   * @param fresh whether it has just been made and is empty
   */
  public record Held(Path directory, boolean fresh, AutoCloseable lock) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      try {
        lock.close();
      } catch (IOException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }

  /**
   * Takes the directory of {@code id}: at once where it is shared; when it is free where it is
   * locked; and where it is private, the first that nobody uses.
   */
  public Held take(String id, Sharing sharing) throws IOException, InterruptedException {
    String name = name(id);
    for (int copy = 0; ; copy++) {
      Path home = Files.createDirectories(root.resolve(copy == 0 ? name : name + "-" + copy));
      Dir directory = Dir.open(home);
      OpenFile file = directory.openOrCreate("lock", 0600);
      boolean taken = lock(file, sharing);
      if (!taken) {
        file.close();
        directory.close();
        continue;
      }
      Path data = home.resolve("data");
      boolean fresh = !Files.exists(data);
      if (fresh) {
        Files.createDirectories(data);
      }
      return new Held(
          data,
          fresh,
          () -> {
            file.close();
            directory.close();
          });
    }
  }

  /**
   * Takes the directory of {@code id} to read it; empty where there is none, or somebody has it for
   * himself.
   */
  public Optional<Held> look(String id) throws IOException {
    Path home = root.resolve(name(id));
    Path data = home.resolve("data");
    if (!Files.exists(data)) {
      return Optional.empty();
    }
    Dir directory = Dir.open(home);
    OpenFile file = directory.openOrCreate("lock", 0600);
    AutoCloseable release =
        () -> {
          file.close();
          directory.close();
        };
    Held held = new Held(data, false, release);
    if (file.tryLock(Lock.SHARED)) {
      return Optional.of(held);
    }
    held.close();
    return Optional.empty();
  }

  private static String name(String id) {
    return Digest.sha256(id.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 32);
  }

  private static boolean lock(OpenFile file, Sharing sharing)
      throws LinuxException, InterruptedException {
    return switch (sharing) {
      case SHARED -> {
        // Shared users do not exclude each other, only a user who has it for himself.
        file.lock(Lock.SHARED);
        yield true;
      }
      case PRIVATE -> file.tryLock(Lock.EXCLUSIVE);
      case LOCKED -> {
        // flock(2) cannot be interrupted from Java; a build that is cancelled must not wait in it.
        while (!file.tryLock(Lock.EXCLUSIVE)) {
          Thread.sleep(20);
        }
        yield true;
      }
    };
  }
}
