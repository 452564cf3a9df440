package dev.slipway.e2e.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.RegistrySettings;
import dev.slipway.e2e.cluster.BuilderImage;
import dev.slipway.e2e.cluster.Cluster;
import dev.slipway.e2e.cluster.git.GitServer;
import dev.slipway.e2e.cluster.registry.Registry;
import dev.slipway.e2e.demo.BaseImage;
import dev.slipway.operator.Operator;
import dev.slipway.operator.OperatorSettings;
import dev.slipway.operator.pod.PodSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every manifest under {@code examples/} does what it says, applied with kubectl as its reader
 * would: with the hosts replaced by those that the reader has, and nothing else. The Git server and
 * the registry of {@code private.yaml} want the login that is in it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
final class ExamplesTest {
  private static final Path EXAMPLES = Path.of("..", "examples").toAbsolutePath().normalize();

  @SuppressWarnings("NullAway.Init")
  @TempDir
  static Path home;

  private final List<AutoCloseable> open = new ArrayList<>();

  @SuppressWarnings("NullAway.Init")
  private Cluster cluster;

  @SuppressWarnings("NullAway.Init")
  private GitServer privateGit;

  @SuppressWarnings("NullAway.Init")
  private Registry privateRegistry;

  @BeforeAll
  void start() throws Exception {
    assumeTrue(isInstalled("kubectl"), "kubectl is not installed");
    cluster =
        opened(
            Cluster.start(
                home.resolve("cluster"), new Cluster.Options(new BuilderImage(), 2, null, null)));
    privateGit =
        opened(GitServer.start(home.resolve("git"), new GitServer.Credentials("bot", "change-me")));
    privateRegistry =
        opened(
            Registry.start(home.resolve("registry"), new Registry.Credentials("bot", "change-me")));
    Files.writeString(home.resolve("kubeconfig"), cluster.api().kubeconfig());
    String host = cluster.registry().host();
    try (RegistryClient client =
        new RegistryClient(RegistrySettings.builder().insecure(host).build())) {
      BaseImage.push(client, ImageReference.parse(host + "/library/busybox:1.36"));
    }
    commit("hello", Map.of(), EXAMPLES.resolve("hello"));
    commit(
        "app",
        Map.of("Dockerfile", "FROM busybox:1.36\nRUN echo app > /app\n"),
        home.resolve("app"));
    commit(
        "shop",
        Map.of(
            "services/web/Dockerfile",
            """
            FROM busybox:1.36 AS prod
            ARG VERSION
            ARG CHANNEL
            RUN echo "$VERSION $CHANNEL" > /version && grep -x "1.4.0 stable" /version
            FROM busybox:1.36 AS later
            RUN false
            """),
        home.resolve("shop"));
    String api =
        """
        FROM busybox:1.36
        RUN --mount=type=secret,id=npmrc,target=/root/.npmrc grep -q _authToken /root/.npmrc
        """;
    Path tree = Files.createDirectories(home.resolve("api"));
    Files.writeString(tree.resolve("Dockerfile"), api);
    privateGit.repository("team/api").commit("main", tree, "Begin\n", Instant.EPOCH);
    PodSettings pods =
        PodSettings.of(BuilderImage.NAME)
            .withInsecureRegistries(List.of(host, privateRegistry.host()))
            .withRegistryMirrors(Map.of("docker.io", host));
    opened(Operator.start(cluster.client(), OperatorSettings.embedded(pods)));
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
  }

  /** A new example wants a test of what it promises. */
  @Test
  void noneIsForgotten() throws IOException {
    try (Stream<Path> all = Files.list(EXAMPLES)) {
      assertThat(
              all.map(Path::getFileName).map(Path::toString).filter(name -> name.endsWith(".yaml")))
          .containsExactlyInAnyOrder(
              "follow.yaml",
              "hello.yaml",
              "minimal.yaml",
              "multi-stage.yaml",
              "network-policy.yaml",
              "private.yaml",
              "sources.yaml");
    }
  }

  @Test
  void hello() throws Exception {
    String namespace = namespace("hello");
    kubectl(
        namespace,
        "create",
        "secret",
        "docker-registry",
        "registry-login",
        "--docker-server=" + cluster.registry().host(),
        "--docker-username=any",
        "--docker-password=any");
    apply(namespace, "hello.yaml");
    String image = ready(namespace, "hello");
    assertThat(digest("team/hello", "1.0")).isEqualTo(digest("team/hello", "latest"));
    assertThat(image).endsWith(digest("team/hello", "1.0"));
  }

  @Test
  void minimal() throws Exception {
    String namespace = namespace("minimal");
    apply(namespace, "minimal.yaml");
    assertThat(ready(namespace, "hello")).contains("/team/hello@sha256:");
  }

  @Test
  void follow() throws Exception {
    String namespace = namespace("follow");
    apply(namespace, "follow.yaml");
    String image = ready(namespace, "nightly");
    assertThat(
            kubectl(namespace, "get", "configmap", "nightly-image", "-o", "jsonpath={.data.image}"))
        .isEqualTo(image);
  }

  @Test
  void multiStage() throws Exception {
    String namespace = namespace("multi-stage");
    apply(namespace, "multi-stage.yaml");
    // The stage checks its arguments; the one after it would fail.
    assertThat(ready(namespace, "web")).endsWith(digest("team/web", "1.4.0"));
  }

  @Test
  void privateSources() throws Exception {
    String namespace = namespace("private");
    String manifest =
        Files.readString(EXAMPLES.resolve("private.yaml"))
            .replace("https://git.example.com/team/api.git", privateGit.url("team/api").toString())
            .replace("registry.example.com", privateRegistry.host());
    applyText(namespace, manifest);
    assertThat(ready(namespace, "api")).startsWith(privateRegistry.host() + "/team/api@sha256:");
    assertThat(kubectl(namespace, "logs", "-l", "slipway.dev/imagebuild=api", "--tail=-1"))
        .doesNotContain("change-me");
  }

  /**
   * What it asks for is built in SourcesTest, with a private authority; here it is a valid wish.
   */
  @Test
  void sources() throws Exception {
    String namespace = namespace("sources");
    Path file = EXAMPLES.resolve("sources.yaml");
    assertThat(kubectl(namespace, "apply", "--dry-run=server", "-f", file.toString()))
        .contains("imagebuild.slipway.dev/internal created")
        .contains("imagebuild.slipway.dev/tools created");
  }

  @Test
  void networkPolicy() throws Exception {
    String namespace = namespace("network");
    apply(namespace, "network-policy.yaml");
    assertThat(kubectl(namespace, "get", "networkpolicy", "-o", "name"))
        .contains("networkpolicy.networking.k8s.io/slipway-builder");
  }

  private <T extends AutoCloseable> T opened(T resource) {
    open.add(resource);
    return resource;
  }

  private void commit(String name, Map<String, String> files, Path tree) throws IOException {
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = tree.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    var bare = cluster.git().repository("team/" + name);
    bare.commit("main", tree, "Begin\n", Instant.EPOCH);
    if (name.equals("shop")) {
      bare.commit("v1.4.0", tree, "Release\n", Instant.EPOCH);
    }
  }

  private String namespace(String name) throws Exception {
    kubectl("default", "create", "namespace", "example-" + name);
    return "example-" + name;
  }

  private void apply(String namespace, String example) throws Exception {
    String git = cluster.git().url("team/app").toString().replace("/app.git", "");
    applyText(
        namespace,
        Files.readString(EXAMPLES.resolve(example))
            .replace("https://git.example.com/team", git)
            .replace("registry.example.com", cluster.registry().host()));
  }

  private void applyText(String namespace, String manifest) throws Exception {
    Path file = Files.writeString(home.resolve(namespace + ".yaml"), manifest);
    kubectl(namespace, "apply", "-f", file.toString());
  }

  /** Waits as the README says, and returns the image. */
  private String ready(String namespace, String name) throws Exception {
    kubectl(namespace, "wait", "ib/" + name, "--for=condition=Ready", "--timeout=240s");
    return kubectl(namespace, "get", "ib", name, "-o", "jsonpath={.status.image}");
  }

  private String digest(String repository, String tag) throws IOException {
    String host = cluster.registry().host();
    try (RegistryClient client =
        new RegistryClient(RegistrySettings.builder().insecure(host).build())) {
      return client
          .head(ImageReference.parse(host + "/" + repository + ":" + tag))
          .orElseThrow()
          .digest()
          .toString();
    }
  }

  private static boolean isInstalled(String program) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  private static String kubectl(String namespace, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("kubectl", "--kubeconfig", home.resolve("kubeconfig").toString()));
    command.addAll(List.of("--namespace", namespace));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", String.join(" ", command), output).isZero();
    return output;
  }
}
