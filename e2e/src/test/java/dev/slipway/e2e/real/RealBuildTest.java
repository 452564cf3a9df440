package dev.slipway.e2e.real;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.e2e.cluster.BuilderImage;
import dev.slipway.e2e.cluster.Cluster;
import dev.slipway.e2e.registry.Programs;
import dev.slipway.e2e.registry.RegistryProcess;
import dev.slipway.operator.Operator;
import dev.slipway.operator.OperatorSettings;
import dev.slipway.operator.pod.PodSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * An ImageBuild from apply to digest with real parts: Debian's docker-registry with a password, git
 * daemon, a debootstrapped Debian, apt, a compiler; skopeo and umoci say whether it is right. Only
 * the Kubernetes API and the node are the embedded ones.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RealBuildTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String USER = "builder";
  private static final String PASSWORD = "correct horse";

  private Path work;
  private Path login;
  private RegistryProcess registry;
  private GitDaemon git;
  private Cluster cluster;
  private Operator operator;
  private ImageBuilds builds;

  @BeforeAll
  void start() throws IOException {
    for (String program :
        List.of("docker-registry", "htpasswd", "git", "debootstrap", "skopeo", "umoci")) {
      assumeTrue(
          Programs.find(program).isPresent(),
          program + " is not installed; `make test` installs what these tests need");
    }
    assumeTrue("root".equals(System.getProperty("user.name")), "debootstrap needs root");
    work = Files.createTempDirectory("slipway-real");
    Path htpasswd = work.resolve("htpasswd");
    Programs.run("htpasswd", "-Bbc", htpasswd.toString(), USER, PASSWORD);
    registry =
        RegistryProcess.dockerRegistry(Files.createDirectories(work.resolve("registry")), htpasswd);
    login =
        Files.writeString(
            work.resolve("config.json"), ImageBuilds.dockerConfig(registry.host(), USER, PASSWORD));
    DebianBase.push(work, login, registry.host(), "ubuntu:14.04", "ubuntu:latest");
    git = new GitDaemon(work.resolve("repositories"));
    cluster =
        Cluster.start(
            work.resolve("cluster"), new Cluster.Options(new BuilderImage(), 2, null, null));
    builds = new ImageBuilds(cluster.client(), Duration.ofMinutes(10));
    builds.login("login", ImageBuilds.dockerConfig(registry.host(), USER, PASSWORD));
    builds.login("wrong-login", ImageBuilds.dockerConfig(registry.host(), USER, "wrong"));
    operator =
        Operator.start(
            cluster.client(),
            OperatorSettings.embedded(
                PodSettings.of(BuilderImage.NAME)
                    .withInsecureRegistries(List.of(registry.host()))
                    .withRegistryMirrors(Map.of("docker.io", registry.host()))));
  }

  @AfterAll
  void stop() {
    if (operator != null) {
      operator.close();
    }
    if (cluster != null) {
      cluster.close();
    }
    if (git != null) {
      git.close();
    }
    if (registry != null) {
      registry.close();
    }
    if (work != null) {
      Programs.run("rm", "-rf", "--one-file-system", work.toString());
    }
  }

  @Test
  void aProgramIsCompiledInOneStageAndRunsFromTheOther() throws IOException {
    String commit = git.commit("program.git", resource("program"), "Add the program");
    ImageBuildStatus status = build("program", "program.git", "");

    assertThat(status.source()).isNotNull();
    assertThat(status.source().commit()).isEqualTo(commit);
    assertThat(status.image()).isEqualTo(registry.host() + "/program@" + status.digest());

    JsonNode seen = inspect("program");
    assertThat(seen.path("Digest").asText()).isEqualTo(status.digest());
    assertThat(seen.at("/Labels/org.opencontainers.image.title").asText()).isEqualTo("program");
    assertThat(seen.path("Layers")).hasSize(1);

    Path root = unpack("program");
    try (var files = Files.list(root)) {
      assertThat(files.map(file -> file.getFileName().toString())).containsExactly("program");
    }
    assertThat(Programs.run(root.resolve("program").toString())).contains("built by slipway");
  }

  @Test
  void targetStopsAtAStage() throws IOException {
    git.commit("target.git", resource("program"), "Add the program");
    ImageBuildStatus status = build("target", "target.git", "target: builder\n");
    assertThat(inspect("target").path("Digest").asText()).isEqualTo(status.digest());
    assertThat(unpack("target").resolve("usr/bin/gcc")).exists();
  }

  @Test
  void ntp() throws IOException {
    git.commit("ntp.git", resource("ntp"), "Add ntp");
    build("ntp", "ntp.git", "");
    JsonNode config = config("ntp");
    assertThat(config.at("/config/ExposedPorts/5555~1tcp").isMissingNode()).isFalse();
    assertThat(config.at("/config/Cmd/0").asText()).isEqualTo("/usr/sbin/ntpd");
    assertThat(config.path("author").asText()).isEqualTo("ntp example");
    assertThat(unpack("ntp").resolve("usr/sbin/ntpd")).exists();
  }

  @Test
  void staticWeb() throws IOException {
    git.commit("web.git", resource("static-web"), "Add the site");
    build("web", "web.git", "");
    Path root = unpack("web");
    assertThat(root.resolve("usr/share/nginx/html/index.html"))
        .hasContent("Hi, I am in your container");
    assertThat(root.resolve("usr/sbin/nginx")).isExecutable();
    assertThat(config("web").at("/config/Env").toString()).contains("REFRESHED_AT=2026-01-01");
  }

  @Test
  void aMisspeltPackageIsExplained() throws IOException {
    git.commit("misspelt.git", resource("misspelt"), "Misspell it");
    ImageBuildStatus status = apply("misspelt", "misspelt.git", "", "login");
    assertThat(reason(status)).isEqualTo("RunFailed");
    assertThat(status.failure()).isNotNull();
    assertThat(status.failure().instruction()).isEqualTo("RUN apt-get -y -q install ngin");
    assertThat(status.failure().line()).isEqualTo(4);
    assertThat(status.failure().exitCode()).isEqualTo(100);
    assertThat(String.join("\n", status.failure().logTail()))
        .contains("Unable to locate package ngin");
  }

  @ParameterizedTest
  @CsvSource({"workdir", "user"})
  void smallExamples(String name) throws IOException {
    git.commit(name + ".git", resource(name), "Add " + name);
    build(name, name + ".git", "");
    assertThat(inspect(name).path("Digest").asText()).startsWith("sha256:");
  }

  @Test
  void aWrongPasswordIsTyped() throws IOException {
    git.commit("denied.git", resource("user"), "Add it");
    ImageBuildStatus status = apply("denied", "denied.git", "", "wrong-login");
    assertThat(reason(status)).isEqualTo("RegistryAuthenticationFailed");
  }

  @Test
  void theLastGoodImageSurvivesAFailure() throws IOException {
    git.commit("survivor.git", resource("user"), "Good");
    ImageBuildStatus good = build("survivor", "survivor.git", "");
    ImageBuildStatus bad = apply("survivor", "survivor.git", "target: nowhere\n", "login");
    assertThat(reason(bad)).isEqualTo("StageNotFound");
    assertThat(bad.image()).isEqualTo(good.image());
  }

  private ImageBuildStatus build(String name, String repository, String more) {
    ImageBuildStatus status = apply(name, repository, more, "login");
    assertThat(ImageBuilds.isTrue(status, "Ready")).as("%s: %s", name, status.failure()).isTrue();
    return status;
  }

  private ImageBuildStatus apply(String name, String repository, String more, String login) {
    return builds.settled(
        name,
        """
        source:
          git: {url: "%s"}
        output:
          image: %s/%s
          tags: [latest]
          pushSecretRef: {name: %s}
        %s\
        """
            .formatted(git.url(repository), registry.host(), name, login, more));
  }

  private static String reason(ImageBuildStatus status) {
    return status.failure() == null ? "" : String.valueOf(status.failure().reason());
  }

  private JsonNode inspect(String name) throws IOException {
    return JSON.readTree(skopeo("inspect", name));
  }

  private JsonNode config(String name) throws IOException {
    return JSON.readTree(skopeo("inspect", "--config", name));
  }

  private String skopeo(String... arguments) {
    List<String> command = new java.util.ArrayList<>(List.of("skopeo"));
    command.addAll(List.of(arguments).subList(0, arguments.length - 1));
    command.addAll(List.of("--tls-verify=false", "--authfile", login.toString()));
    command.add(image(arguments[arguments.length - 1]));
    return Programs.run(command.toArray(String[]::new));
  }

  private String image(String name) {
    return "docker://" + registry.host() + "/" + name + ":latest";
  }

  /** Pulled by skopeo and unpacked by umoci: nothing of ours takes part. */
  private Path unpack(String name) {
    Path layout = work.resolve("pulled-" + name);
    Programs.run(
        "skopeo",
        "copy",
        "--src-tls-verify=false",
        "--authfile",
        login.toString(),
        image(name),
        "oci:" + layout + ":latest");
    Path bundle = work.resolve("bundle-" + name);
    Programs.run("umoci", "unpack", "--image", layout + ":latest", bundle.toString());
    return bundle.resolve("rootfs");
  }

  private static Path resource(String name) {
    return Path.of("src/test/resources/real", name).toAbsolutePath();
  }
}
