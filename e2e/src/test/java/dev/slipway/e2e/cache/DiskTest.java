package dev.slipway.e2e.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.e2e.registry.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  void aFullDiskIsMadeRoomOnByDeletingWhatNoBuildUses() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting a small disk needs root");
    Programs.run("mount", "-t", "tmpfs", "-o", "size=72m", "tmpfs", store.toString());
    mounted = true;
    Files.writeString(context.resolve("Dockerfile"), "FROM scratch\nCOPY big /\n");
    Path out = dir.resolve("out");
    String[] arguments = {"--output=" + out, context.toString(), "--store-limit=0"};
    Builder builder = new Builder(dir);
    big(4, 25 << 20);
    builder.build(store, arguments).succeeded();
    byte[] other = big(5, 25 << 20);

    Builder.Ended refused = builder.build(store, arguments);
    assertThat(refused.result().at("/failure/reason").asText())
        .as(refused.output())
        .isEqualTo("DiskFull");
    Builder.Ended made = builder.build(store, "--output=" + out, context.toString()).succeeded();

    assertThat(made.output()).contains("the disk is full; deleted caches that no build uses");
    assertThat(Files.readAllBytes(out.resolve("big"))).isEqualTo(other);
  }

  @Test
  void theStoreStaysWithinItsLimitAndTheLongestUnusedGoesFirst() throws IOException {
    Files.writeString(context.resolve("Dockerfile"), "FROM scratch\nCOPY big /\n");
    Builder builder = new Builder(dir);
    for (int build = 1; build <= 4; build++) {
      big(build, 8 << 20);
      Builder.Ended ended = builder.build(store, "--store-limit=20MB", context.toString());
      assertThat(ended.succeeded().output()).doesNotContain("limit");
      assertThat(onDisk()).as("after build " + build).isBetween(8L << 20, 20_000_000L);
    }
    big(3, 8 << 20);
    assertThat(builder.build(store, context.toString()).succeeded().hits()).isEqualTo(1);
    big(1, 8 << 20);
    assertThat(builder.build(store, context.toString()).succeeded().hits()).isZero();
    assertThat(builder.build(store, "--store-limit=much", context.toString()).output())
        .contains("--store-limit much: it is not a size such as 10GB");
  }

  @Test
  void aBuildThatRunsKeepsItsLayersWhateverOthersDelete() throws IOException {
    Files.writeString(
        context.resolve("Dockerfile"),
        """
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "--install", "/bin"]
        RUN --mount=type=cache,target=/shared,id=limit touch /shared/on; \
            until test -e /shared/go; do usleep 50000; done
        RUN test -e /bin/sh && ls -l /bin/busybox > /after
        """);
    Path small = Files.createDirectories(dir.resolve("small"));
    Files.writeString(small.resolve("file"), "small");
    Files.writeString(small.resolve("Dockerfile"), "FROM scratch\nCOPY file /\n");
    Builder builder = new Builder(dir);
    Builder.Running runs =
        builder.start(store, "--output=" + dir.resolve("out"), context.toString());
    try {
      Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> shared().isPresent());
      new Builder(Files.createDirectories(dir.resolve("other")))
          .build(store, "--store-limit=1", small.toString())
          .succeeded();
      Files.writeString(shared().orElseThrow().resolveSibling("go"), "");
      runs.await().succeeded();
    } finally {
      runs.kill();
    }
    assertThat(dir.resolve("out/after")).isNotEmptyFile();
  }

  @Test
  void aStoreThatIsBrokenOrCannotBeMeasuredFailsNoBuild() throws IOException {
    Files.writeString(context.resolve("Dockerfile"), "FROM scratch\nCOPY busybox /\nCOPY big /\n");
    byte[] content = big(1, 1 << 20);
    Builder builder = new Builder(dir, Map.of("SOURCE_DATE_EPOCH", "1700000000"), List.of());
    String digest = builder.build(store, context.toString()).succeeded().digest();
    Programs.run(
        "sh", "-c", "find '" + store + "/records' -type f -exec sh -c 'echo broken > {}' ';'");
    // Neither a number nor a file that can be written.
    Programs.run("rm", "-f", store.resolve("size").toString());
    Files.createDirectories(store.resolve("size/there"));

    Path out = dir.resolve("out");
    Builder.Ended ended =
        builder.build(store, "--store-limit=1", "--load", "--output=" + out, context.toString());

    assertThat(ended.succeeded().digest()).isEqualTo(digest);
    assertThat(ended.output()).contains("the content store cannot be kept within its limit");
    assertThat(Files.readAllBytes(out.resolve("big"))).isEqualTo(content);
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

  /** A file of the context that does not compress. */
  private byte[] big(long seed, int size) throws IOException {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    Files.write(context.resolve("big"), bytes);
    return bytes;
  }

  private long onDisk() {
    String line = Programs.run("du", "-s", "--block-size=1", store.toString());
    return Long.parseLong(line.split("\\s", 2)[0]);
  }

  /** The file that tells that the step with the cache mount runs. */
  private Optional<Path> shared() throws IOException {
    if (!Files.isDirectory(store.resolve("mounts"))) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.walk(store.resolve("mounts"))) {
      return files.filter(path -> path.endsWith("on")).findFirst();
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
