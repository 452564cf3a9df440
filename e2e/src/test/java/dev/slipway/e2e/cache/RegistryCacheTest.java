package dev.slipway.e2e.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.e2e.registry.Programs;
import dev.slipway.e2e.registry.RegistryProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fresh machines that share nothing but Debian's docker-registry. */
@Timeout(300)
final class RegistryCacheTest {
  private static final int MEGABYTE = 1 << 20;

  @TempDir(cleanup = org.junit.jupiter.api.io.CleanupMode.NEVER)
  Path dir;

  private RegistryProcess registry;
  private Builder builder;
  private Path context;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(
        Programs.find("docker-registry").isPresent() && Files.exists(Path.of("/bin/busybox")),
        "docker-registry and busybox-static are needed; `make test` installs them");
    registry = RegistryProcess.countingDockerRegistry(dir);
    builder = new Builder(dir);
    context = Files.createDirectories(dir.resolve("context"));
    Files.copy(Path.of("/bin/busybox"), context.resolve("busybox"));
    byte[] big = new byte[3 * MEGABYTE];
    new Random(1).nextBytes(big);
    Files.write(context.resolve("big"), big);
    Files.writeString(
        context.resolve("Dockerfile"),
        "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\",\"--install\",\"/bin\"]\n"
            + "COPY big /big\n");
    builder.build(fresh("base"), "--push", "-t", image("base"), context.toString()).succeeded();
    Files.delete(context.resolve("big"));
    Files.writeString(context.resolve("main.c"), "int main;\n");
    Files.writeString(
        context.resolve("Dockerfile"),
        """
        FROM %s AS builder
        RUN dd if=/dev/urandom of=/tool bs=1M count=2
        COPY main.c /src/
        ARG FLAGS=-O1
        RUN cat /src/main.c > /program && echo $FLAGS >> /program

        FROM %s
        WORKDIR /app
        RUN head -c 300000 /big > part
        COPY --from=builder /program .
        ENV A=1
        """
            .formatted(image("base"), image("base")));
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

  private String ref(String tag) {
    return "ref=" + registry.host() + "/cache:" + tag;
  }

  private Path fresh(String name) {
    return dir.resolve("store-" + name);
  }

  private static long bytes(List<RegistryProcess.Request> requests) {
    return requests.stream().mapToLong(RegistryProcess.Request::bytes).sum();
  }

  private static long count(List<RegistryProcess.Request> requests, String method, String path) {
    return requests.stream()
        .filter(one -> one.method().equals(method) && one.path().contains(path))
        .count();
  }

  @Test
  void aFreshMachineTakesEverythingFromTheCacheWithAHandfulOfRequests() throws IOException {
    String cache = "type=registry," + ref("max");
    Builder.Ended first =
        builder
            .build(
                fresh("1"),
                "--push",
                "-t",
                image("app"),
                "--cache-to=" + cache + ",mode=max",
                "--cache-from=" + cache,
                context.toString())
            .succeeded();
    assertThat(first.hits()).isZero();
    assertThat(first.misses()).isEqualTo(6);

    int before = registry.requests(0).size();
    Builder.Ended second =
        builder
            .build(
                fresh("2"),
                "--push",
                "-t",
                image("other"),
                "--cache-to=" + cache + ",mode=max",
                "--cache-from=" + cache,
                context.toString())
            .succeeded();
    List<RegistryProcess.Request> asked = registry.requests(before);
    assertThat(second.digest()).isEqualTo(first.digest());
    assertThat(second.misses()).as(second.output()).isZero();
    assertThat(second.hits()).isEqualTo(6);
    assertThat(count(asked, "GET", "/v2/cache/")).as("%s", asked).isEqualTo(1);
    assertThat(count(asked, "PUT", "/v2/cache/")).isZero();
    assertThat(asked.stream().filter(one -> one.method().equals("PATCH"))).isEmpty();
    assertThat(bytes(asked)).as("no layer moved, of bases or of steps").isLessThan(20_000);
    assertThat(asked).hasSizeLessThan(30);
    assertThat(layers("other")).isEqualTo(layers("app"));
  }

  @Test
  void withTheLayersOfTheImageAloneAFullHitIsAsCheapAndAChangeRebuildsTheStage()
      throws IOException {
    String cache = "type=registry," + ref("min");
    String[] flags = {"--cache-to=" + cache, "--cache-from=" + cache, context.toString()};
    Builder.Ended first = builder.build(fresh("1"), flags).succeeded();
    long tool = 2L * MEGABYTE;
    assertThat(uploaded()).as("the layer of the other stage stays here").isLessThan(tool);
    int before = registry.requests(0).size();
    Builder.Ended second = builder.build(fresh("2"), flags).succeeded();
    assertThat(second.misses()).as(second.output()).isZero();
    assertThat(second.digest()).isEqualTo(first.digest());
    assertThat(bytes(registry.requests(before))).isLessThan(2L * MEGABYTE);

    Files.writeString(context.resolve("main.c"), "int main, more;\n");
    Builder.Ended third = builder.build(fresh("3"), flags).succeeded();
    assertThat(third.output()).contains("starting over without");
    assertThat(third.hits()).as(third.output()).isEqualTo(2);
    assertThat(because(third, "COPY main.c")).contains("main.c changed");
  }

  /** Bytes that cache uploads left in the registry's storage, for the repository of the cache. */
  private long uploaded() throws IOException {
    JsonNode manifest =
        new com.fasterxml.jackson.databind.ObjectMapper()
            .readTree(
                Programs.run(
                    "skopeo",
                    "inspect",
                    "--raw",
                    "--tls-verify=false",
                    "docker://" + registry.host() + "/cache:min"));
    long sum = 0;
    for (JsonNode layer : manifest.path("layers")) {
      sum += layer.path("size").asLong();
    }
    return sum;
  }

  private static List<String> because(Builder.Ended ended, String step) {
    for (JsonNode use : ended.metadata().path("slipway.cache")) {
      if (use.path("step").asText().contains(step) && !use.path("hit").asBoolean()) {
        return use.path("because").valueStream().map(JsonNode::asText).toList();
      }
    }
    throw new AssertionError("no miss of " + step + " in " + ended.metadata());
  }

  private List<String> layers(String name) {
    return Programs.run("skopeo", "inspect", "--tls-verify=false", "docker://" + image(name))
        .lines()
        .filter(line -> line.contains("sha256:") && !line.contains("Digest\": \"sha256:x"))
        .filter(line -> !line.contains("\"Name\""))
        .toList();
  }

  @Test
  void saysWhatChangedAlsoOnAnotherMachine() throws IOException {
    String cache = "type=registry," + ref("why");
    String[] flags = {
      "--cache-to=" + cache + ",mode=max", "--cache-from=" + cache, context.toString()
    };
    builder.build(fresh("1"), flags).succeeded();
    Files.writeString(context.resolve("main.c"), "int main, more;\n");
    Builder.Ended changed = builder.build(fresh("2"), flags).succeeded();
    assertThat(because(changed, "COPY main.c")).containsExactly("main.c changed");
    assertThat(because(changed, "RUN cat")).containsExactly("a step before it made other files");
    assertThat(changed.output()).contains("not cached: main.c changed");
    assertThat(changed.result().at("/cache/missed/0/step").asText()).contains("COPY main.c");
    assertThat(changed.result().at("/cache/missed/0/because").asText()).isEqualTo("main.c changed");
    assertThat(changed.hits()).isEqualTo(3);

    Builder.Ended other =
        builder
            .build(
                fresh("3"),
                flags[0],
                flags[1],
                "--build-arg=FLAGS=-O2",
                "--no-cache-filter=1",
                context.toString())
            .succeeded();
    assertThat(because(other, "RUN cat")).containsExactly("ARG FLAGS changed");
    assertThat(because(other, "RUN head")).containsExactly("--no-cache-filter 1");
  }

  @Test
  void aKilledBuildIsResumedByAnotherMachine() throws IOException {
    Files.writeString(
        context.resolve("Dockerfile"),
        """
        FROM %s
        RUN head -c 1000000 /dev/urandom > /one
        RUN head -c 1000000 /dev/urandom > /two
        RUN test -e /go || sleep 120
        """
            .formatted(image("base")));
    String cache = "type=registry," + ref("resumed");
    Builder.Running killed =
        builder.start(
            fresh("1"),
            "--cache-to=" + cache + ",mode=max",
            "--cache-from=" + cache,
            context.toString());
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> recorded("resumed") >= 2);
    killed.kill();

    Files.writeString(
        context.resolve("Dockerfile"),
        Files.readString(context.resolve("Dockerfile")).replace("sleep 120", "true"));
    Builder.Ended resumed =
        builder
            .build(
                fresh("2"),
                "--cache-to=" + cache + ",mode=max",
                "--cache-from=" + cache,
                context.toString())
            .succeeded();
    assertThat(resumed.hits()).as(resumed.output()).isEqualTo(2);
    assertThat(resumed.misses()).isEqualTo(1);
  }

  /** Steps in the index of a cache; none where there is no index. */
  private long recorded(String tag) throws IOException {
    if (registry.requests(0).stream()
        .noneMatch(one -> one.method().equals("PUT") && one.path().endsWith("manifests/" + tag))) {
      return 0;
    }
    String raw =
        Programs.run(
            "skopeo",
            "inspect",
            "--raw",
            "--tls-verify=false",
            "docker://" + registry.host() + "/cache:" + tag);
    return new com.fasterxml.jackson.databind.ObjectMapper()
        .readTree(raw)
        .path("annotations")
        .path("dev.slipway.buildcache.steps")
        .asText()
        .lines()
        .count();
  }

  @Test
  void anImageCanBeItsOwnCache() throws IOException {
    String[] flags = {
      "--push",
      "-t",
      image("inline"),
      "--cache-to=type=inline",
      "--cache-from=type=registry,ref=" + image("inline"),
      context.toString()
    };
    Builder.Ended first = builder.build(fresh("1"), flags).succeeded();
    Builder.Ended second = builder.build(fresh("2"), flags).succeeded();
    assertThat(second.misses()).as(second.output()).isZero();
    assertThat(second.digest()).isEqualTo(first.digest());
  }

  @Test
  void aDirectoryCanHoldTheCache() throws IOException {
    Path cache = dir.resolve("cache");
    Builder.Ended first =
        builder
            .build(fresh("1"), "--cache-to=type=local,mode=max,dest=" + cache, context.toString())
            .succeeded();
    Builder.Ended second =
        builder
            .build(fresh("2"), "--cache-from=type=local,src=" + cache, context.toString())
            .succeeded();
    assertThat(second.misses()).as(second.output()).isZero();
    assertThat(second.digest()).isEqualTo(first.digest());
  }

  @Test
  void cacheMountsTravelOnRequest() throws IOException {
    Files.writeString(
        context.resolve("Dockerfile"),
        """
        FROM %s
        ARG ROUND
        RUN --mount=type=cache,id=deps,target=/deps ls /deps > /found; echo $ROUND > /deps/$ROUND
        """
            .formatted(image("base")));
    String cache = "type=registry," + ref("mounts");
    Path out = dir.resolve("out");
    for (String round : List.of("one", "two", "three")) {
      builder
          .build(
              fresh(round),
              "--cache-to=" + cache + ",mounts=true",
              "--cache-from=" + cache,
              "--build-arg=ROUND=" + round,
              "--output=" + out,
              context.toString())
          .succeeded();
    }
    assertThat(Files.readAllLines(out.resolve("found"))).containsExactly("one", "two");
  }

  @ParameterizedTest
  @ValueSource(strings = {"true", "false"})
  void aCacheThatIsNotThereFailsNoBuildUnlessAsked(String ignore) throws IOException {
    Builder.Ended ended =
        builder.build(
            fresh("1"),
            "--cache-from=type=registry,ref=127.0.0.1:9/cache",
            "--cache-to=type=registry,ref=127.0.0.1:9/cache,ignore-error=" + ignore,
            context.toString());
    assertThat(ended.output()).contains("the cache 127.0.0.1:9/cache:latest is not used");
    if (ignore.equals("true")) {
      ended.succeeded();
      assertThat(ended.output()).contains("the cache 127.0.0.1:9/cache:latest is not written");
    } else {
      assertThat(ended.exit()).isEqualTo(1);
      assertThat(ended.result().at("/failure/reason").asText()).isEqualTo("RegistryUnreachable");
    }
  }

  @Test
  void anImageIsNeverOverwrittenByACache() throws IOException {
    Builder.Ended ended =
        builder
            .build(fresh("1"), "--cache-to=type=registry,ref=" + image("base"), context.toString())
            .succeeded();
    assertThat(ended.output()).contains("there is an image; choose another tag");
    builder.build(fresh("2"), context.toString()).succeeded();
  }

  @Test
  void layersThatTheRegistryLostAreMadeAgainAndTheCacheIsMended() throws IOException {
    String cache = "type=registry," + ref("mended");
    String[] flags = {
      "--cache-to=" + cache + ",mode=max", "--cache-from=" + cache, context.toString()
    };
    builder.build(fresh("1"), flags).succeeded();
    // As after a garbage collection that went wrong: the data of every blob of the cache is gone.
    for (JsonNode layer :
        new com.fasterxml.jackson.databind.ObjectMapper()
            .readTree(
                Programs.run(
                    "skopeo",
                    "inspect",
                    "--raw",
                    "--tls-verify=false",
                    "docker://" + registry.host() + "/cache:mended"))
            .path("layers")) {
      String hex = layer.path("digest").asText().substring("sha256:".length());
      Files.deleteIfExists(
          dir.resolve("data/docker/registry/v2/blobs/sha256")
              .resolve(hex.substring(0, 2))
              .resolve(hex)
              .resolve("data"));
    }
    registry.kill();
    registry.restart();
    Path out = dir.resolve("out");
    Builder.Ended second =
        builder
            .build(fresh("2"), flags[0], flags[1], "--output=" + out, context.toString())
            .succeeded();
    assertThat(second.output()).contains("starting over").doesNotContain("is not written");
    assertThat(out.resolve("app/program")).exists();
    Builder.Ended third =
        builder
            .build(fresh("3"), flags[0], flags[1], "--output=" + out, context.toString())
            .succeeded();
    assertThat(third.output()).doesNotContain("starting over");
    assertThat(third.misses()).as(third.output()).isZero();
  }
}
