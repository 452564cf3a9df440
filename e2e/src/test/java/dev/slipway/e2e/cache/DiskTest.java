package dev.slipway.e2e.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.e2e.registry.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A disk that fills up, and a builder that is killed: the store is usable afterwards. */
@Timeout(300)
final class DiskTest {
  @TempDir(cleanup = CleanupMode.NEVER)
  Path dir;

  private Path context;
  private Path store;
  private boolean mounted;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(
        Files.exists(Path.of("/bin/busybox")), "busybox-static is needed; `make test` installs it");
    context = Files.createDirectories(dir.resolve("context"));
    store = Files.createDirectories(dir.resolve("store"));
    Files.copy(Path.of("/bin/busybox"), context.resolve("busybox"));
  }

  @AfterEach
  void stop() {
    if (mounted) {
      Programs.run("umount", store.toString());
    }
    Programs.run("rm", "-rf", "--one-file-system", dir.toString());
  }

  @Test
  void aFullDiskIsSaidSoAndTheStoreGoesOn() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting a small disk needs root");
    Programs.run("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", store.toString());
    mounted = true;
    byte[] big = new byte[30 << 20];
    new Random(3).nextBytes(big);
    Files.write(context.resolve("big"), big);
    Files.writeString(
        context.resolve("Dockerfile"), "FROM scratch\nCOPY busybox /bin/\nCOPY big /\n");
    Builder builder = new Builder(dir);
    Builder.Ended full = builder.build(store, context.toString());
    assertThat(full.exit()).as(full.output()).isEqualTo(1);
    assertThat(full.result().at("/failure/reason").asText())
        .as(full.output())
        .isEqualTo("DiskFull");
    assertThat(full.result().at("/failure/retryable").asBoolean()).isTrue();
    assertThat(full.output()).contains("the disk is full");

    Programs.run("mount", "-o", "remount,size=300m", store.toString());
    Path out = dir.resolve("out");
    builder.build(store, "--output=" + out, context.toString()).succeeded();
    assertThat(out.resolve("big")).hasSize(big.length);
    assertThat(Files.readAllBytes(out.resolve("big"))).isEqualTo(big);
  }

  @Test
  void whatAKilledBuildLeftBehindIsClearedAndItsFinishedStepsAreKept() throws IOException {
    Files.writeString(
        context.resolve("Dockerfile"),
        """
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "/bin"]
        RUN head -c 5000000 /dev/urandom > /left && sleep 120
        """);
    Builder builder = new Builder(dir);
    Builder.Running killed = builder.start(store, context.toString());
    Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> biggestLeftover() >= 5_000_000);
    killed.kill();

    Files.writeString(
        context.resolve("Dockerfile"),
        Files.readString(context.resolve("Dockerfile")).replace("sleep 120", "true"));
    Builder.Ended next = builder.build(store, context.toString()).succeeded();
    assertThat(next.hits()).as(next.output()).isEqualTo(2);
    assertThat(biggestLeftover()).isLessThan(5_000_000);
    try (Stream<Path> leftovers = Files.list(store.resolve("tmp"))) {
      assertThat(leftovers.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith("step-"));
    }
  }

  /** The largest file of unfinished work. */
  private long biggestLeftover() throws IOException {
    Path unfinished = store.resolve("tmp");
    if (!Files.isDirectory(unfinished)) {
      return 0;
    }
    long most = 0;
    for (String line :
        Programs.run("sh", "-c", "find '" + unfinished + "' -type f -printf '%s\\n' || true")
            .lines()
            .toList()) {
      if (line.matches("[0-9]+")) {
        most = Math.max(most, Long.parseLong(line));
      }
    }
    return most;
  }
}
