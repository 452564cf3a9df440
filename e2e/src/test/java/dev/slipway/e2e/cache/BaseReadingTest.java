package dev.slipway.e2e.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.e2e.registry.Programs;
import dev.slipway.e2e.registry.RegistryProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When the layers of base images are read, and how often, by what a real registry is asked for. */
@Timeout(300)
final class BaseReadingTest {
  /** Of each base, but for one of a few bytes. */
  private static final int LAYERS = 3;

  @TempDir(cleanup = org.junit.jupiter.api.io.CleanupMode.NEVER)
  Path dir;

  private RegistryProcess registry;
  private Builder builder;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(
        Programs.find("docker-registry").isPresent() && Files.exists(Path.of("/bin/busybox")),
        "docker-registry and busybox-static are needed; `make test` installs them");
    registry = RegistryProcess.countingDockerRegistry(dir);
    builder = new Builder(dir);
    for (String base : List.of("tools", "runtime")) {
      Path context = Files.createDirectories(dir.resolve("base-" + base));
      Files.copy(Path.of("/bin/busybox"), context.resolve("busybox"));
      byte[] noise = new byte[100_000];
      new Random(base.hashCode()).nextBytes(noise);
      Files.write(context.resolve("noise"), noise);
      Files.writeString(context.resolve("passwd"), "app:x:1000:1000::/:/bin/sh\n");
      Files.writeString(
          context.resolve("Dockerfile"),
          "FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/sleep\nCOPY noise /noise\n"
              + "COPY passwd /etc/passwd\n");
      builder.build(store(base), "--push", "-t", image(base), context.toString()).succeeded();
    }
  }

  @AfterEach
  void stop() {
    if (registry != null) {
      registry.close();
    }
    // Layers hold what a plain delete stumbles over.
    Programs.run("rm", "-rf", "--one-file-system", dir.toString());
  }

  private String image(String name) {
    return registry.host() + "/" + name + ":1";
  }

  private Path store(String name) {
    return dir.resolve("store-" + name);
  }

  private Path context(String dockerfile) throws IOException {
    Path context = Files.createDirectories(dir.resolve("context"));
    Files.writeString(context.resolve("file"), "text");
    Files.writeString(context.resolve("Dockerfile"), dockerfile);
    return context;
  }

  private static String twoStages(String from, String flags, String onto) {
    return "FROM %s AS build\nRUN echo built > /program\nFROM %s\nCOPY %s /program /program\n"
        .formatted(from, onto, flags);
  }

  private long layersOf(String base, int since) throws IOException {
    return registry.requests(since).stream()
        .filter(one -> one.method().equals("GET"))
        .filter(one -> one.path().startsWith("/v2/" + base + "/blobs/"))
        .filter(one -> one.bytes() > 50_000)
        .count();
  }

  @Test
  void theBaseOfALaterStageIsReadWhileItsSourceIsBuiltAndOnce() throws IOException {
    Path shared = Files.createDirectories(dir.resolve("shared"));
    Path context =
        context(
            """
            FROM %s AS build
            RUN --mount=type=bind,from=shared,target=/shared \
                until [ -e /shared/go ]; do sleep 0.05; done; echo built > /program
            FROM %s
            COPY --from=build /program /program
            """
                .formatted(image("tools"), image("runtime")));
    int before = registry.requests(0).size();
    Builder.Running running =
        builder.start(
            store("fresh"), "--build-context", "shared=" + shared, "--load", context.toString());
    try {
      // The RUN ends only after this, so that a base that is read too late is never read.
      await()
          .atMost(Duration.ofMinutes(1))
          .failFast(running.output(), () -> !running.process().isAlive())
          .until(() -> layersOf("runtime", before) > 0);
      Files.writeString(shared.resolve("go"), "");
      running.await().succeeded();
    } finally {
      running.kill();
    }
    assertThat(layersOf("tools", before)).isEqualTo(LAYERS);
    assertThat(layersOf("runtime", before)).isEqualTo(LAYERS);
  }

  @Test
  void aBaseThatOneStageUnpacksAndAnotherIsCopiedOntoIsReadOnce() throws IOException {
    Path context = context(twoStages(image("tools"), "--from=build", image("tools")));
    int before = registry.requests(0).size();
    builder.build(store("fresh"), "--push", "-t", image("tools"), context.toString()).succeeded();
    assertThat(layersOf("tools", before)).isEqualTo(LAYERS);
  }

  @Test
  void aBaseThatSaysWhoTheOwnerIsIsReadOnce() throws IOException {
    Path context = context(twoStages(image("tools"), "--from=build --chown=app", image("runtime")));
    int before = registry.requests(0).size();
    builder.build(store("fresh"), "--push", "-t", image("tools"), context.toString()).succeeded();
    assertThat(layersOf("runtime", before)).isEqualTo(LAYERS);
  }

  @Test
  void nothingIsReadForAStageWhoseStepsAreAllCached() throws IOException {
    Path context = context(twoStages(image("tools"), "--from=build", image("runtime")));
    String cache = "type=registry,ref=" + registry.host() + "/cache:1";
    String[] flags = {
      "--cache-to=" + cache + ",mode=max",
      "--cache-from=" + cache,
      "--push",
      "-t",
      image("app"),
      context.toString()
    };
    builder.build(store("1"), flags).succeeded();
    int before = registry.requests(0).size();
    Builder.Ended second = builder.build(store("2"), flags).succeeded();
    assertThat(second.misses()).as(second.output()).isZero();
    assertThat(layersOf("tools", before) + layersOf("runtime", before)).isZero();
  }

  @Test
  void aLayerThatWasUnpackedNeedNotBeReadAgainToCopyOntoIt() throws IOException {
    builder
        .build(store("1"), context("FROM " + image("tools") + "\nRUN echo 1 > /1\n").toString())
        .succeeded();
    int before = registry.requests(0).size();
    String dockerfile = "FROM " + image("tools") + "\nCOPY file /opt/file\n";
    builder
        .build(store("1"), "--push", "-t", image("tools"), context(dockerfile).toString())
        .succeeded();
    assertThat(layersOf("tools", before)).isZero();
  }
}
