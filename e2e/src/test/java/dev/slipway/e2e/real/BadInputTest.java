package dev.slipway.e2e.real;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.api.Failure;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.e2e.cluster.BuilderImage;
import dev.slipway.e2e.cluster.Cluster;
import dev.slipway.e2e.cluster.registry.Registry;
import dev.slipway.e2e.registry.Programs;
import dev.slipway.e2e.registry.RegistryProcess;
import dev.slipway.operator.Operator;
import dev.slipway.operator.OperatorSettings;
import dev.slipway.operator.pod.PodSettings;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a user gets wrong, or what breaks around them. Each test starts from an ImageBuild that has
 * built, spoils it, and wants a typed reason, a message that helps, soon, and the image of before.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BadInputTest {
  /** Seconds, on a machine that is busy with other tests. */
  private static final Duration SOON = Duration.ofSeconds(90);

  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final Registry.Credentials USER = new Registry.Credentials("builder", "secret");

  @TempDir private static Path work;

  private Cluster cluster;
  private Operator operator;
  private Registry locked;
  private @Nullable RegistryProcess mortal;
  private ImageBuilds builds;
  private String repository;

  @BeforeAll
  void start() throws IOException {
    cluster =
        Cluster.start(
            work.resolve("cluster"), new Cluster.Options(new BuilderImage(), 4, null, null));
    locked = Registry.start(work.resolve("locked"), USER);
    List<String> insecure = new ArrayList<>(List.of(cluster.registry().host(), locked.host()));
    if (Programs.find("docker-registry").isPresent()) {
      mortal =
          RegistryProcess.dockerRegistry(Files.createDirectories(work.resolve("mortal")), null);
      insecure.add(mortal.host());
    }
    builds = new ImageBuilds(cluster.client(), Duration.ofMinutes(2));
    builds.login("login", ImageBuilds.dockerConfig(locked.host(), USER.user(), USER.password()));
    builds.login("wrong", ImageBuilds.dockerConfig(locked.host(), USER.user(), "guess"));
    operator =
        Operator.start(
            cluster.client(),
            OperatorSettings.embedded(
                PodSettings.of(BuilderImage.NAME)
                    .withInsecureRegistries(insecure)
                    .withRegistryMirrors(Map.of())));
    Path files = files();
    cluster.git().repository("team/app").commit("main", files, "Begin\n", Instant.now());
    Programs.run("rm", "-rf", files.toString()); // JUnit warns of links that lead out
    repository = cluster.git().url("team/app").toString();
  }

  /** What the repository has. */
  private static Path files() throws IOException {
    Path files = Files.createDirectories(work.resolve("files"));
    Files.writeString(files.resolve("Dockerfile"), "FROM scratch AS it\nCOPY Dockerfile /\n");
    Files.createDirectories(files.resolve("empty"));
    Files.writeString(files.resolve("empty/readme"), "no Dockerfile here\n");
    Files.createSymbolicLink(files.resolve("out"), Path.of("/etc"));
    Files.createSymbolicLink(files.resolve("up"), Path.of("../.."));
    if (Files.exists(BUSYBOX)) {
      Files.copy(BUSYBOX, files.resolve("sh"));
    }
    Files.writeString(
        files.resolve("failing"),
        """
        FROM scratch AS made
        COPY sh /bin/sh

        RUN echo the disk is made of cheese && exit 3
        """);
    Files.writeString(
        files.resolve("daemon"),
        """
        FROM scratch
        COPY sh /bin/sh
        COPY sh /bin/setsid
        COPY sh /bin/sleep
        RUN setsid sleep 86397 & echo started > /started
        """);
    Files.writeString(
        files.resolve("large"),
        """
        FROM scratch
        COPY sh /bin/sh
        COPY sh /bin/dd
        RUN dd if=/dev/urandom of=/large bs=1048576 count=256
        """);
    return files;
  }

  @AfterAll
  void stop() {
    operator.close();
    cluster.close();
    locked.close();
    if (mortal != null) {
      mortal.close();
    }
  }

  @Test
  void anUnknownRef() {
    fails("ref", ref("no-such-branch"), "GitRefNotFound", "no-such-branch", "branch", "tag");
  }

  @Test
  void anUnreachableGitHost() {
    String spec = spec("http://127.0.0.1:1/team/app.git", "main", "", image("host"));
    fails("host", spec, "GitUnreachable", "127.0.0.1");
  }

  @Test
  void aMissingDockerfile() {
    fails("file", context("file", "empty"), "DockerfileNotFound", "Dockerfile", "spec.dockerfile");
  }

  @Test
  void anUnknownStage() {
    fails(
        "stage",
        more("stage", "target: nowhere"),
        "StageNotFound",
        "nowhere",
        "its stages are 0 (it)");
  }

  @ParameterizedTest
  @CsvSource({"out", "up"})
  void aContextThatLeavesTheRepositoryThroughALink(String link) {
    fails("link-" + link, context("link-" + link, link), "ContextInvalid", link);
  }

  @ParameterizedTest
  @CsvSource({"..", "sub/../../..", "/etc"})
  void aContextThatLeavesTheRepositoryByItsName(String path) {
    refused("leaving", context("leaving", path), "contextDir must be a path inside the repository");
  }

  @Test
  void aRunThatFails() {
    assumeTrue(Files.exists(BUSYBOX), "busybox-static is not installed");
    Failure failure =
        Objects.requireNonNull(
            fails("run", more("run", "dockerfile: failing"), "RunFailed", "exit 3", "code: 3")
                .failure());
    assertThat(failure.stage()).isEqualTo("made");
    assertThat(failure.file()).isEqualTo("failing");
    assertThat(failure.line()).isEqualTo(4);
    assertThat(failure.exitCode()).isEqualTo(3);
    assertThat(failure.instruction()).startsWith("RUN echo the disk");
    assertThat(failure.logTail()).containsExactly("the disk is made of cheese");
  }

  /** That is no failure: the step ends when its command does, and takes along what it left. */
  @Test
  void aRunThatLeavesADaemonBehind() {
    assumeTrue(Files.exists(BUSYBOX), "busybox-static is not installed");
    ImageBuildStatus before = good("daemon");
    Instant applied = Instant.now();
    ImageBuildStatus status =
        builds.reason("daemon", more("daemon", "dockerfile: daemon"), "Succeeded");
    assertThat(Duration.between(applied, Instant.now())).isLessThan(SOON);
    assertThat(status.image()).isNotEqualTo(before.image());
    assertThat(ProcessHandle.allProcesses().flatMap(BadInputTest::arguments))
        .doesNotContain("86397");
  }

  private static Stream<String> arguments(ProcessHandle process) {
    return process.info().arguments().stream().flatMap(Stream::of);
  }

  @Test
  void aMissingBuildSecret() {
    String spec =
        more("build-secret", "secrets: [{id: token, secretRef: {name: nowhere, key: t}}]");
    fails("build-secret", spec, "SecretNotFound", "nowhere", "create it in this namespace");
  }

  @Test
  void aMissingPushSecret() {
    fails("secret", pushTo(image("secret"), "nowhere"), "SecretNotFound", "nowhere", "create it");
  }

  @Test
  void aWrongRegistryPassword() {
    String image = locked.host() + "/password";
    ImageBuildStatus good = builds.reason("password", pushTo(image, "login"), "Succeeded");
    spoil(
        "password",
        good,
        pushTo(image, "wrong"),
        "RegistryAuthenticationFailed",
        locked.host(),
        "pushSecretRef");
  }

  @Test
  void aRegistryThatIsDown() {
    String spec = spec(repository, "main", "retries: 0\n", "127.0.0.1:1/down");
    fails("down", spec, "RegistryUnreachable", "127.0.0.1:1");
  }

  @Test
  void aRegistryThatDiesWhileTheImageIsPushed() throws Exception {
    assumeTrue(Files.exists(BUSYBOX), "busybox-static is not installed");
    RegistryProcess registry = mortal;
    assumeTrue(registry != null, "docker-registry is not installed");
    String image = registry.host() + "/mortal";
    ImageBuildStatus good =
        builds.reason("mortal", spec(repository, "main", "", image), "Succeeded");
    FutureTask<Void> death =
        new FutureTask<>(() -> {
          Awaitility.await()
              .atMost(Duration.ofMinutes(1))
              .pollInterval(Duration.ofMillis(5))
              .until(() -> uploaded() > 1 << 20);
          registry.kill();
          return null;
        });
    Thread.ofPlatform().start(death);
    String large = spec(repository, "main", "dockerfile: large\nretries: 0\n", image);
    spoil("mortal", good, large, "RegistryUnreachable", registry.host());
    death.get();
    registry.restart();
    ImageBuildStatus again =
        builds.reason("mortal", large + "buildArgs: [{name: AGAIN, value: yes}]\n", "Succeeded");
    assertThat(again.image()).startsWith(image + "@sha256:").isNotEqualTo(good.image());
  }

  /** Bytes of uploads that have begun at the registry that dies. */
  private static long uploaded() throws IOException {
    Path repositories = work.resolve("mortal/data/docker/registry/v2/repositories");
    long bytes = 0;
    Path uploads = repositories.resolve("mortal/_uploads");
    if (!Files.isDirectory(uploads)) {
      return 0;
    }
    try (Stream<Path> all = Files.list(uploads)) {
      for (Path upload : all.toList()) {
        Path data = upload.resolve("data");
        bytes += Files.exists(data) ? Files.size(data) : 0;
      }
    }
    return bytes;
  }

  @Test
  void anInvalidSpecIsRefusedAtOnce() {
    refused(
        "url", spec("ftp://example.com/app.git", "main", "", image("url")), "spec.source.git.url");
    refused("tag", spec(repository, "main", "", image("tag") + ":1"), "put it in output.tags");
  }

  // ---- how they are asked --------------------------------------------------------------------

  /** An ImageBuild that was good becomes this: the last good image must stay. */
  private ImageBuildStatus fails(String name, String spec, String reason, String... said) {
    return spoil(name, good(name), spec, reason, said);
  }

  private ImageBuildStatus good(String name) {
    return builds.reason(name, spec(repository, "main", "", image(name)), "Succeeded");
  }

  private ImageBuildStatus spoil(
      String name, ImageBuildStatus good, String spec, String reason, String... said) {
    assertThat(good.image()).contains("@sha256:");
    Instant applied = Instant.now();
    ImageBuildStatus bad = builds.reason(name, spec, reason);
    Duration waited = Duration.between(applied, Instant.now());
    assertThat(waited).isLessThan(SOON);
    assertThat(ImageBuilds.isTrue(bad, "Ready")).isFalse();
    assertThat(ImageBuilds.ready(bad).message()).contains(said);
    assertThat(bad.image()).isEqualTo(good.image());
    assertThat(bad.digest()).isEqualTo(good.digest());
    return bad;
  }

  private void refused(String name, String spec, String said) {
    assertThatThrownBy(() -> builds.reason(name, spec, "Succeeded"))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(said);
  }

  private String image(String name) {
    return cluster.registry().host() + "/" + name;
  }

  private String ref(String ref) {
    return spec(repository, ref, "", image("ref"));
  }

  private String more(String name, String line) {
    return spec(repository, "main", line + "\n", image(name));
  }

  private String context(String name, String directory) {
    return spec(repository, "main", "", image(name))
        .replace("git:", "contextDir: %s\n  git:".formatted(directory));
  }

  private String pushTo(String image, String secret) {
    // Another login alone is no reason to build again: the image would be the same.
    return spec(
            repository, "main", "buildArgs: [{name: LOGIN, value: %s}]\n".formatted(secret), image)
        .replace(image, image + "\n  pushSecretRef: {name: " + secret + "}");
  }

  private static String spec(String url, String ref, String more, String image) {
    return """
    source:
      git: {url: "%s", ref: "%s"}
    output:
      image: %s
    """
            .formatted(url, ref, image)
        + more;
  }
}
