package dev.slipway.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.RegistrySettings;
import dev.slipway.e2e.demo.BaseImage;
import dev.slipway.e2e.imagebuild.Certificate;
import dev.slipway.e2e.imagebuild.HttpsGit;
import dev.slipway.e2e.registry.Programs;
import dev.slipway.e2e.registry.RegistryProcess;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * Every manifest under {@code examples/} does what it says, applied with this machine's kubectl as
 * its reader would. What a reader replaces is replaced, and nothing else: {@code
 * https://git.example.com} by a local Git server, {@code registry.example.com} by a local registry,
 * and the authority of {@code sources.yaml} by that of those. Docker Hub is mirrored by the
 * registry of the cluster, which has a {@code busybox} and a {@code debian} of this machine.
 */
@OnRealCluster
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(400)
final class ExamplesTest {
  private static final Path EXAMPLES = Path.of("..", "examples").toAbsolutePath().normalize();
  private static final String USER = "bot";
  private static final String PASSWORD = "change-me"; // as private.yaml has it

  @SuppressWarnings("NullAway.Init")
  @TempDir
  static Path home;

  private final RealCluster cluster;
  private final SlipwayImage image;
  private final KubernetesClient client;
  private final List<AutoCloseable> open = new ArrayList<>();

  @SuppressWarnings("NullAway.Init")
  private GitHost git;

  /** With a login, and a certificate of its own authority. */
  @SuppressWarnings("NullAway.Init")
  private HttpsGit privateGit;

  @SuppressWarnings("NullAway.Init")
  private Certificate certificate;

  ExamplesTest(RealCluster cluster, SlipwayImage image, Installation slipway) {
    this.cluster = cluster;
    this.image = image;
    this.client = cluster.client();
    assertThat(slipway.operators()).isNotEmpty();
  }

  @BeforeAll
  void start() throws Exception {
    assumeThat(Programs.find("kubectl")).as("kubectl is installed").isPresent();
    try (RegistryClient registry = registry(cluster.registry())) {
      BaseImage.push(registry, reference(cluster.registry() + "/library/busybox:1.36"));
    }
    Path context = Files.createDirectories(home.resolve("debian"));
    Files.writeString(context.resolve("Dockerfile"), "FROM " + image.debian() + "\n");
    cluster.push(context, cluster.registry() + "/library/debian:12-slim");
    git = opened(new GitHost(cluster, home.resolve("repositories")));
    git.commit("team/hello", EXAMPLES.resolve("hello"));
    git.commit(
        "team/app",
        Map.of(
            "Dockerfile",
            """
            FROM busybox:1.36
            RUN --mount=type=cache,target=/cache echo app | tee /app > /cache/app
            """));
    git.commit(
        "team/shop",
        Map.of(
            "services/web/Dockerfile",
            """
            FROM busybox:1.36 AS prod
            ARG VERSION
            ARG CHANNEL
            RUN echo "$VERSION $CHANNEL" > /version && grep -x "1.4.0 stable" /version
            FROM busybox:1.36 AS later
            RUN false
            """));
    git.tag("team/shop", "v1.4.0");
    git.commit(
        "team/api",
        Map.of(
            "Dockerfile",
            """
            FROM busybox:1.36
            RUN --mount=type=secret,id=npmrc,target=/root/.npmrc grep -q _authToken /root/.npmrc
            """));
    certificate =
        new Certificate(Files.createDirectories(home.resolve("authority")), cluster.host());
    privateGit =
        opened(
            new HttpsGit(
                home.resolve("repositories"), cluster.host(), certificate, USER, PASSWORD));
  }

  @AfterAll
  void stop() throws Exception {
    client
        .namespaces()
        .withLabel("slipway.dev/example")
        .list()
        .getItems()
        .forEach(namespace -> client.resource(namespace).delete());
    client.close();
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
              "cache.yaml",
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
    Kubectl kubectl = namespace("hello");
    login(kubectl);
    apply(kubectl, "hello.yaml");
    String built = ready(kubectl, "hello");
    assertThat(digest("team/hello", "1.0")).isEqualTo(digest("team/hello", "latest"));
    assertThat(built).endsWith(digest("team/hello", "1.0"));
  }

  @Test
  void minimal() throws Exception {
    Kubectl kubectl = namespace("minimal");
    apply(kubectl, "minimal.yaml");
    assertThat(ready(kubectl, "hello")).contains("/team/hello@sha256:");
  }

  @Test
  void cache() throws Exception {
    Kubectl kubectl = namespace("cache");
    login(kubectl);
    apply(kubectl, "cache.yaml");
    String built = ready(kubectl, "cached");
    kubectl.run("annotate", "ib/cached", "slipway.dev/requested-at=again");
    kubectl.run("wait", "ib/cached", "--for=jsonpath={.status.build.number}=2", "--timeout=120s");
    // Another pod, with nothing but the registry: its step is a hit.
    assertThat(ready(kubectl, "cached")).isEqualTo(built);
    assertThat(get(kubectl, "cached", "{.status.build.cache.hits}")).isEqualTo("1");
    assertThat(get(kubectl, "cached", "{.status.build.cache.misses}")).isEqualTo("0");
  }

  @Test
  void follow() throws Exception {
    Kubectl kubectl = namespace("follow");
    apply(kubectl, "follow.yaml");
    String built = ready(kubectl, "nightly");
    assertThat(kubectl.run("get", "configmap", "nightly-image", "-o", "jsonpath={.data.image}"))
        .isEqualTo(built);
  }

  @Test
  void multiStage() throws Exception {
    Kubectl kubectl = namespace("multi-stage");
    apply(kubectl, "multi-stage.yaml");
    // The stage checks its arguments; the one after it would fail.
    assertThat(ready(kubectl, "web")).endsWith(digest("team/web", "1.4.0"));
  }

  @Test
  void privateSources() throws Exception {
    Path passwords =
        Files.writeString(
            home.resolve("htpasswd"), Programs.run("htpasswd", "-nbB", USER, PASSWORD).strip());
    RegistryProcess registry =
        opened(
            RegistryProcess.dockerRegistryForPods(
                Files.createDirectories(home.resolve("registry")), passwords));
    String host = cluster.host() + ":" + registry.port();
    Kubectl kubectl = namespace("private");
    // The authority of the stand-in, which a real host would not need; the registry's is plain.
    apply(
        kubectl,
        Files.readString(EXAMPLES.resolve("private.yaml"))
            .replace(
                "      secretRef: {name: git-login}\n",
                "      secretRef: {name: git-login}\n      caBundleRef: {name: company-ca}\n")
            .replace("    pushSecretRef:", "    insecure: true\n    pushSecretRef:")
            .replace("https://git.example.com/team/api.git", privateGit.url("team/api"))
            .replace("registry.example.com", host),
        authority());
    assertThat(ready(kubectl, "api")).startsWith(host + "/team/api@sha256:");
    assertThat(kubectl.run("logs", "-l", "slipway.dev/imagebuild=api", "--tail=-1"))
        .doesNotContain(PASSWORD);
  }

  @Test
  void sources() throws Exception {
    RegistryProcess registry =
        opened(
            RegistryProcess.dockerRegistryOverTls(
                Files.createDirectories(home.resolve("tls-registry")),
                certificate.pem,
                certificate.key));
    String host = cluster.host() + ":" + registry.port();
    Kubectl kubectl = namespace("sources");
    kubectl.run(
        "create",
        "secret",
        "generic",
        "git-login",
        "--type=kubernetes.io/basic-auth",
        "--from-literal=username=" + USER,
        "--from-literal=password=" + PASSWORD);
    String manifest = Files.readString(EXAMPLES.resolve("sources.yaml"));
    apply(
        kubectl,
        manifest
            .substring(0, manifest.indexOf("---\napiVersion: v1\nkind: ConfigMap"))
            .replace("https://git.example.com/team/app.git", privateGit.url("team/app"))
            // The image without a certificate of the company's goes to the other registry.
            .replace("registry.example.com/team/tools", cluster.registry() + "/team/tools")
            .replace("registry.example.com", host),
        authority());
    assertThat(ready(kubectl, "internal")).startsWith(host + "/team/app@sha256:");
    assertThat(ready(kubectl, "tools")).contains("/team/tools@sha256:");
  }

  /** The ConfigMap that sources.yaml has, with the authority that the local stand-ins have. */
  private String authority() throws IOException {
    return """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: company-ca}
    data:
      ca.crt: |
    """
        + Files.readString(certificate.pem).indent(4);
  }

  @Test
  void networkPolicy() throws Exception {
    Kubectl kubectl = namespace("network");
    apply(kubectl, "network-policy.yaml");
    assertThat(kubectl.run("get", "networkpolicy", "-o", "name"))
        .contains("networkpolicy.networking.k8s.io/slipway-builder");
  }

  private <T extends AutoCloseable> T opened(T resource) {
    open.add(resource);
    return resource;
  }

  private Kubectl namespace(String name) throws IOException {
    Kubectl kubectl = new Kubectl(cluster, "example-" + name);
    kubectl.run("create", "namespace", "example-" + name);
    kubectl.run("label", "namespace", "example-" + name, "slipway.dev/example=" + name);
    return kubectl;
  }

  private void login(Kubectl kubectl) throws IOException {
    kubectl.run(
        "create",
        "secret",
        "docker-registry",
        "registry-login",
        "--docker-server=" + cluster.registry(),
        "--docker-username=any",
        "--docker-password=any");
  }

  private void apply(Kubectl kubectl, String example) throws IOException {
    apply(
        kubectl,
        Files.readString(EXAMPLES.resolve(example))
            .replace("https://git.example.com", git.url())
            .replace(".git\n", "\n") // git daemon serves a repository by the name of its directory
            .replace("registry.example.com", cluster.registry()),
        "");
  }

  private void apply(Kubectl kubectl, String manifest, String more) throws IOException {
    Path file = Files.createTempFile(home, "manifest", ".yaml");
    Files.writeString(file, more.isEmpty() ? manifest : manifest + "---\n" + more);
    kubectl.run("apply", "-f", file.toString());
  }

  /** Waits as the README says, and returns the image. */
  private static String ready(Kubectl kubectl, String name) throws IOException {
    try {
      kubectl.run("wait", "ib/" + name, "--for=condition=Ready", "--timeout=180s");
    } catch (IOException e) {
      throw new AssertionError(
          e.getMessage()
              + "\n"
              + kubectl.run("describe", "ib", name)
              + kubectl.run("logs", "-l", "slipway.dev/imagebuild=" + name, "--tail=50"),
          e);
    }
    return get(kubectl, name, "{.status.image}");
  }

  private static String get(Kubectl kubectl, String name, String path) throws IOException {
    return kubectl.run("get", "ib", name, "-o", "jsonpath=" + path);
  }

  private String digest(String repository, String tag) throws IOException {
    try (RegistryClient registry = registry(cluster.registry())) {
      return registry
          .head(reference(cluster.registry() + "/" + repository + ":" + tag))
          .orElseThrow()
          .digest()
          .toString();
    }
  }

  private static RegistryClient registry(String host) {
    return new RegistryClient(RegistrySettings.builder().insecure(host).build());
  }

  private static ImageReference reference(String text) {
    return ImageReference.parse(text);
  }
}
