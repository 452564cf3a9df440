package dev.slipway.e2e.demo;

import com.fasterxml.jackson.databind.JsonNode;
import dev.slipway.api.Condition;
import dev.slipway.api.ConditionStatus;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.registry.Credentials;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.RegistrySettings;
import dev.slipway.e2e.cluster.BuilderImage;
import dev.slipway.e2e.cluster.Cluster;
import dev.slipway.e2e.cluster.registry.Registry;
import dev.slipway.operator.Operator;
import dev.slipway.operator.OperatorSettings;
import dev.slipway.operator.pod.PodSettings;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code slipway demo}: starts the embedded cluster, serves a sample repository, applies its
 * ImageBuild, shows the build, and proves that the image is there and runs.
 */
public final class Demo {
  private static final String BASE = "docker.io/library/busybox:1.36";
  private static final String NAME = "hello";
  private static final String REPOSITORY = "team/hello";
  private static final String LOGIN = "registry-login";
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Console console;
  private final Path examples;
  private final Path state;
  private final long started = System.nanoTime();

  /** What an interrupt has to end before the files go. */
  private static volatile @Nullable Cluster running;

  private Demo(Console console, Path examples, Path state) {
    this.console = console;
    this.examples = examples;
    this.state = state;
  }

  public static void main(String[] arguments) throws Exception {
    boolean keep = List.of(arguments).contains("--keep");
    for (String argument : arguments) {
      if (!argument.equals("--keep")) {
        System.err.println("usage: slipway demo [--keep]");
        System.exit(argument.equals("--help") || argument.equals("-h") ? 0 : 2);
      }
    }
    Path home = Path.of(System.getenv().getOrDefault("SLIPWAY_HOME", "."));
    Path state = Files.createTempDirectory("slipway-demo");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(state), "clean up"));
    System.setProperty("slipway.demo.log", state.resolve("demo.log").toString());
    System.setProperty("logback.configurationFile", "dev/slipway/e2e/demo/logback.xml");
    Console console = Console.standard(System.getenv());
    boolean succeeded;
    try {
      succeeded = new Demo(console, home.resolve("examples"), state).run(keep);
    } catch (IOException | KubernetesClientException e) {
      console.failed(String.valueOf(e.getMessage()));
      succeeded = false;
    }
    System.exit(succeeded ? 0 : 1);
  }

  private boolean run(boolean keep) throws IOException, InterruptedException {
    console.blank();
    console.title("Slipway demo");
    console.blank();
    Registry.Credentials user = new Registry.Credentials("demo", password());
    Cluster.Options options = new Cluster.Options(new BuilderImage(), 4, user, null);
    long begin = System.nanoTime();
    console.under("starting the cluster");
    try (Cluster cluster = Cluster.start(state, options)) {
      running = cluster;
      String host = cluster.registry().host();
      console.fact("cluster", "Kubernetes API, one node, registry " + host + ", Git", since(begin));
      Path kubeconfig = state.resolve("kubeconfig");
      Files.writeString(Files.createFile(kubeconfig, onlyMine()), cluster.api().kubeconfig());
      prepare(cluster, user);
      PodSettings pods =
          PodSettings.of(BuilderImage.NAME)
              .withInsecureRegistries(List.of(host))
              .withRegistryMirrors(Map.of("docker.io", host));
      begin = System.nanoTime();
      console.under("starting the operator");
      try (Operator operator = Operator.start(cluster.client(), OperatorSettings.embedded(pods))) {
        console.fact("operator", "watches ImageBuilds in all namespaces", since(begin));
        Objects.requireNonNull(operator);
        boolean succeeded = build(cluster, user);
        if (keep) {
          stay(kubeconfig);
        }
        return succeeded;
      }
    }
  }

  /** The base image, the repository and the login: what a team has before its first build. */
  private void prepare(Cluster cluster, Registry.Credentials user)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    console.under("assembling a base image");
    String host = cluster.registry().host();
    Path login = Files.createFile(state.resolve("config.json"), onlyMine());
    Files.writeString(login, dockerConfig(host, user));
    RegistrySettings settings =
        RegistrySettings.builder()
            .credentials(Credentials.ofFiles(List.of(login)))
            .insecure(host)
            .build();
    ImageReference base = ImageReference.parse(BASE.replace("docker.io", host));
    try (RegistryClient client = new RegistryClient(settings)) {
      BaseImage.Pushed pushed = BaseImage.push(client, base);
      console.fact(
          "base image",
          "busybox:1.36, here %d tools of this machine, %s"
              .formatted(pushed.tools(), Console.megabytes(pushed.size())),
          since(begin));
    }
    String commit =
        cluster
            .git()
            .repository(REPOSITORY)
            .commit("main", examples.resolve("hello"), "Greet the world\n", Instant.now());
    console.fact("source", REPOSITORY + ".git, branch main at " + commit.substring(0, 12));
    cluster
        .client()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(LOGIN)
                .endMetadata()
                .withType("kubernetes.io/dockerconfigjson")
                .withStringData(Map.of(".dockerconfigjson", dockerConfig(host, user)))
                .build())
        .create();
  }

  private boolean build(Cluster cluster, Registry.Credentials user)
      throws IOException, InterruptedException {
    KubernetesClient client = cluster.client();
    String yaml =
        Files.readString(examples.resolve("hello.yaml"))
            .replace(
                "https://git.example.com/team/hello.git", cluster.git().url(REPOSITORY).toString())
            .replace("registry.example.com", cluster.registry().host());
    console.blank();
    console.command("kubectl apply -f examples/hello.yaml");
    client.load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8))).serverSideApply();
    console.detail("imagebuild.slipway.dev/hello created");
    console.blank();
    console.title("Build");
    follow(client);
    ImageBuildStatus status = settled(client);
    report(status);
    boolean ready = isTrue(status, "Ready");
    if (ready) {
      prove(cluster, user, Objects.requireNonNull(status.digest()));
    }
    console.blank();
    console.title((ready ? "Done in " : "Failed after ") + Console.seconds(since(started)) + ".");
    return ready;
  }

  /** Shows the log of the builder pod while it runs. */
  private void follow(KubernetesClient client) throws IOException {
    console.under("waiting for the builder pod");
    var pods = client.pods().inNamespace("default");
    var started =
        pods.informOnCondition(list ->
            list.stream()
                    .anyMatch(pod ->
                        pod.getStatus() != null && !"Pending".equals(pod.getStatus().getPhase()))
                || isOver(status(client)));
    try {
      started.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IOException("no builder pod started: " + e, e);
    }
    for (var pod : pods.list().getItems()) {
      if ("Pending".equals(pod.getStatus().getPhase())) {
        continue;
      }
      BuildLog log = new BuildLog(console);
      try (var watch = pods.withName(pod.getMetadata().getName()).watchLog();
          BufferedReader lines =
              new BufferedReader(
                  new InputStreamReader(watch.getOutput(), StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          log.line(line);
        }
      }
    }
  }

  private static @Nullable ImageBuildStatus status(KubernetesClient client) {
    ImageBuild build =
        client.resources(ImageBuild.class).inNamespace("default").withName(NAME).get();
    return build == null ? null : build.getStatus();
  }

  private static boolean isOver(@Nullable ImageBuildStatus status) {
    return status != null && (isTrue(status, "Ready") || isTrue(status, "Stalled"));
  }

  private static boolean isTrue(ImageBuildStatus status, String type) {
    return status
        .condition(type)
        .map(Condition::status)
        .filter(ConditionStatus.TRUE::equals)
        .isPresent();
  }

  private ImageBuildStatus settled(KubernetesClient client) {
    console.under("waiting for the status");
    ImageBuild build =
        client
            .resources(ImageBuild.class)
            .inNamespace("default")
            .withName(NAME)
            .waitUntilCondition(
                each -> each != null && isOver(each.getStatus()),
                PATIENCE.toSeconds(),
                TimeUnit.SECONDS);
    return Objects.requireNonNull(build.getStatus());
  }

  private void report(ImageBuildStatus status) {
    console.blank();
    console.title("Status");
    for (Condition condition : status.conditions()) {
      console.fact(condition.type(), value(condition) + ", " + condition.reason());
    }
    if (status.source() != null) {
      console.fact("commit", String.valueOf(status.source().commit()));
    }
    if (status.image() != null) {
      console.fact("image", status.image());
    }
    if (status.failure() != null) {
      var failure = status.failure();
      console.fact("failure", String.valueOf(failure.message()));
    }
  }

  private static String value(Condition condition) {
    return switch (condition.status()) {
      case TRUE -> "True";
      case FALSE -> "False";
      case UNKNOWN -> "Unknown";
    };
  }

  private void prove(Cluster cluster, Registry.Credentials user, String digest)
      throws IOException, InterruptedException {
    console.blank();
    console.title("Proof");
    try (HttpClient http = HttpClient.newHttpClient()) {
      Proof proof = new Proof(http, cluster.registry().host(), REPOSITORY, "Basic " + token(user));
      JsonNode manifest = proof.manifest(digest);
      console.done("the manifest fetched by that digest hashes to it", "");
      Path pulled = Files.createDirectories(state.resolve("pulled"));
      Path root = pulled.resolve("root");
      proof.unpack(manifest, pulled, root);
      console.done(
          "the image was pulled back and unpacked: %d layers"
              .formatted(manifest.path("layers").size()),
          "");
      String greeting = Proof.start(proof.config(manifest, pulled), root);
      console.done("it runs, and says", "");
      console.blank();
      console.quote(greeting);
    }
  }

  private void stay(Path kubeconfig) throws InterruptedException {
    console.blank();
    console.title("The cluster stays up until you press Ctrl+C. In another terminal:");
    console.blank();
    console.command("export KUBECONFIG=" + kubeconfig);
    console.command("kubectl get ib -w");
    console.command("kubectl describe ib hello");
    console.command("kubectl logs -l slipway.dev/imagebuild=hello");
    console.blank();
    Thread.currentThread().join();
  }

  private static String dockerConfig(String host, Registry.Credentials user) {
    return "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(host, token(user));
  }

  private static String token(Registry.Credentials user) {
    String pair = user.user() + ":" + user.password();
    return Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  private static String password() {
    byte[] bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static FileAttribute<?> onlyMine() {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  }

  private static Duration since(long begin) {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  private static void delete(Path tree) {
    Cluster cluster = running;
    if (cluster != null) {
      cluster.close();
    }
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException | UncheckedIOException e) {
      System.err.println("left behind: " + tree);
    }
  }
}
