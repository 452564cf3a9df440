package dev.slipway.e2e.demo;

import dev.slipway.api.ConditionStatus;
import dev.slipway.api.ImageBuild;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.RegistrySettings;
import dev.slipway.e2e.cluster.api.ApiServer;
import dev.slipway.e2e.cluster.git.GitServer;
import dev.slipway.e2e.cluster.registry.Registry;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Exercises the programs of the image while their JVMs record what they load: {@code Training
 * SOURCES DIRECTORY} leaves {@code builder.aot} and {@code operator.aot} in the directory.
 *
 * <p>The operator sees one ImageBuild through. There is no node: this class runs the builder with
 * the arguments of the pod, and says on the pod what a kubelet would.
 */
public final class Training {
  private static final String PROGRAM = "slipway";
  private static final long PATIENCE_SECONDS = 300;
  private static final int FILES = 1000;
  private static final int COPIES = 8;

  private final Path directory;
  private final Path state;

  private Training(Path directory, Path state) {
    this.directory = directory;
    this.state = state;
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 2) {
      System.err.println("usage: Training SOURCES DIRECTORY");
      System.exit(2);
    }
    System.setProperty("slipway.demo.log", "/dev/null");
    System.setProperty("logback.configurationFile", "dev/slipway/e2e/demo/logback.xml");
    Path state = Files.createTempDirectory("slipway-training");
    new Training(Path.of(arguments[1]), state).run(Path.of(arguments[0]));
    System.exit(0); // informers of the client leave threads
  }

  private void run(Path sources) throws Exception {
    try (ApiServer api = ApiServer.start();
        Registry registry = Registry.start(state.resolve("registry"));
        GitServer git = GitServer.start(state.resolve("git"), null);
        InputStream definition = ImageBuild.class.getResourceAsStream(ImageBuild.CRD_RESOURCE)) {
      api.install(Objects.requireNonNull(definition));
      push(registry.host());
      git.repository("hello")
          .commit("main", withManyFiles(sources), "Greet the world\n", Instant.now());
      Path kubeconfig = Files.writeString(state.resolve("kubeconfig"), api.kubeconfig());
      Process operator = operator(kubeconfig, registry.host());
      try (KubernetesClient client =
          new KubernetesClientBuilder().withConfig(api.clientConfig()).build()) {
        apply(client, git.url("hello").toString(), registry.host());
        Pod pod =
            client
                .pods()
                .inNamespace("default")
                .withLabel("slipway.dev/imagebuild", "hello")
                .waitUntilCondition(Objects::nonNull, PATIENCE_SECONDS, TimeUnit.SECONDS);
        String result = build(pod);
        client.resource(ended(pod, result)).updateStatus();
        client
            .resources(ImageBuild.class)
            .inNamespace("default")
            .withName("hello")
            .waitUntilCondition(Training::isReady, PATIENCE_SECONDS, TimeUnit.SECONDS);
      } finally {
        operator.destroy(); // SIGTERM; the JVM writes its cache before it goes
      }
      await("the operator", operator);
    }
    for (String cache : List.of("builder.aot", "operator.aot")) {
      System.out.printf("%s %d bytes%n", cache, Files.size(directory.resolve(cache)));
    }
  }

  /**
   * A copy of the sources with many files more, copied so often that what is done for each is
   * compiled: the cache keeps which code that was.
   */
  private Path withManyFiles(Path sources) throws IOException {
    Path copy = Files.createDirectories(state.resolve("sources"));
    try (Stream<Path> files = Files.list(sources)) {
      for (Path file : files.toList()) {
        Files.copy(
            file, copy.resolve(file.getFileName().toString()), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    Path many = Files.createDirectories(copy.resolve("many"));
    for (int i = 0; i < FILES; i++) {
      Files.writeString(many.resolve("file-" + i), "file " + i + "\n");
    }
    StringBuilder more = new StringBuilder();
    for (int i = 0; i < COPIES; i++) {
      more.append("COPY many /many-").append(i).append("/\n");
    }
    Files.writeString(copy.resolve("Dockerfile"), more, StandardOpenOption.APPEND);
    return copy;
  }

  private static void push(String host) throws IOException, InterruptedException {
    RegistrySettings settings = RegistrySettings.builder().insecure(host).build();
    try (RegistryClient client = new RegistryClient(settings)) {
      BaseImage.push(client, ImageReference.parse(host + "/library/busybox:1.36"));
    }
  }

  private Process operator(Path kubeconfig, String registry) throws IOException {
    return start(
        "operator",
        // A machine under load may take longer to answer than the ten seconds of the client.
        Map.of("KUBECONFIG", kubeconfig.toString(), "KUBERNETES_REQUEST_TIMEOUT", "120000"),
        List.of(
            "operator",
            "--builder-image=slipway",
            "--metrics-port=0",
            "--insecure-registry=" + registry,
            "--registry-mirror=docker.io=" + registry));
  }

  private static void apply(KubernetesClient client, String url, String registry) {
    String yaml =
        """
        apiVersion: slipway.dev/v1alpha1
        kind: ImageBuild
        metadata: {name: hello, namespace: default}
        spec:
          source: {git: {url: "%s", ref: main}}
          output: {image: %s/hello}
        """
            .formatted(url, registry);
    client.load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8))).serverSideApply();
  }

  /** Runs the build of the pod and returns the result document. */
  private String build(Pod pod) throws IOException, InterruptedException {
    Path result = state.resolve("result.json");
    List<String> arguments = new ArrayList<>();
    for (String argument : pod.getSpec().getContainers().getFirst().getArgs()) {
      arguments.add(
          argument
              .replace("--result-file=/dev/termination-log", "--result-file=" + result)
              .replace("/var/lib/slipway", state.resolve("store").toString()));
    }
    // A namespace would mean another start of the JVM, which is not the one that records.
    await("the build", start("builder", Map.of("SLIPWAY_NO_USERNS", "1"), arguments));
    return Files.readString(result);
  }

  private Process start(String program, Map<String, String> environment, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(PROGRAM));
    command.addAll(arguments);
    ProcessBuilder process = new ProcessBuilder(command).inheritIO();
    process.environment().putAll(environment);
    process
        .environment()
        .put(
            "SLIPWAY_JAVA_OPTS",
            "-XX:AOTCacheOutput=%s -Xlog:aot=off -Xlog:cds=off"
                .formatted(directory.resolve(program + ".aot")));
    return process.start();
  }

  private static void await(String what, Process process) throws IOException, InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(what + " did not end within " + PATIENCE_SECONDS + " s");
    }
    int code = process.exitValue();
    if (code != 0 && code != 128 + 15) {
      throw new IOException(what + " ended with exit code " + code);
    }
  }

  private static Pod ended(Pod pod, String result) {
    return new PodBuilder(pod)
        .withNewStatus()
        .withPhase("Succeeded")
        .addNewContainerStatus()
        .withName("build")
        .withNewState()
        .withNewTerminated()
        .withExitCode(0)
        .withReason("Completed")
        .withMessage(result)
        .withStartedAt(Instant.now().toString())
        .withFinishedAt(Instant.now().toString())
        .endTerminated()
        .endState()
        .endContainerStatus()
        .endStatus()
        .build();
  }

  private static boolean isReady(@Nullable ImageBuild build) {
    return build != null
        && build.getStatus() != null
        && build
            .getStatus()
            .condition("Ready")
            .filter(ready -> ready.status() == ConditionStatus.TRUE)
            .isPresent();
  }
}
