package dev.slipway.e2e.kubernetes;

import dev.slipway.builder.cli.Main;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A whole cluster on this machine: {@link ControlPlane}, scheduler, a node with kubelet, containerd
 * and runc, a pod network, and a registry. Pods have their real security contexts, volumes and
 * termination messages. What it leaves out: DNS and Services inside the cluster (but for the API
 * server's), and network policies.
 */
public final class RealCluster implements AutoCloseable {
  private static final int REGISTRY_PORT = 5000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Path directory;
  private final Footprint footprint;
  private final Network network;
  private final ControlPlane controlPlane;
  private final Daemon registry;
  private final Daemon node;

  private RealCluster(Path directory, Footprint footprint) throws IOException {
    Assets assets = Assets.cluster();
    this.directory = directory;
    this.footprint = footprint;
    this.network = Network.open(footprint);
    this.controlPlane =
        ControlPlane.start(
            assets,
            directory,
            footprint,
            new ControlPlane.Place(
                network.firstService(), 443, network.services(), network.firstService()));
    this.registry = startRegistry(assets);
    pushPause();
    controlPlane.startScheduler();
    this.node =
        new Node(assets, directory, network, registry())
            .start(controlPlane, footprint, registry() + "/pause:1");
    awaitNode();
  }

  /** The agent of its node. */
  ProcessHandle kubelet() {
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().command().orElse("").endsWith("/kubelet"))
        .filter(
            process -> process.info().commandLine().orElse("").contains(directory.toString() + "/"))
        .findFirst()
        .orElseThrow();
  }

  /** Why this machine cannot run a node; empty if it can. */
  public static Optional<String> refusal() {
    if (!"root".equals(System.getProperty("user.name"))) {
      return Optional.of("a real node needs root");
    }
    if (!Files.isWritable(Path.of("/sys/fs/cgroup"))) {
      return Optional.of("a real node needs control groups that it can write to");
    }
    return Optional.empty();
  }

  /**
   * Starts a cluster and returns once its node is ready. What an earlier one left in the directory
   * is taken away first.
   *
   * @param directory for all data and logs, on a file system that can hold overlays
   */
  public static RealCluster start(Path directory) throws IOException {
    Path state = ControlPlane.fresh(directory);
    Footprint footprint = Footprint.in(state);
    try {
      return new RealCluster(state, footprint);
    } catch (IOException | RuntimeException e) {
      footprint.undo();
      throw e;
    }
  }

  /**
   * Takes away what a cluster in this directory is and was, whoever started it.
   *
   * @return what could not be taken away, one sentence each
   */
  public static List<String> stop(Path directory) throws IOException {
    List<String> left = Footprint.in(directory.toAbsolutePath()).undo();
    if (left.isEmpty() && Files.isDirectory(directory)) {
      ControlPlane.fresh(directory);
      Files.delete(directory);
    }
    return left;
  }

  private Daemon startRegistry(Assets assets) throws IOException {
    Path config =
        Files.writeString(
            directory.resolve("registry.yaml"),
            """
            version: 0.1
            log: {level: error, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}
            http: {addr: "%s"}
            """
                .formatted(directory.resolve("registry"), registry()));
    return Daemon.start(
        "docker-registry",
        List.of(assets.program("docker-registry").toString(), "serve", config.toString()),
        Map.of(),
        directory,
        footprint);
  }

  /** The container that holds a pod's namespaces only has to sleep. */
  private void pushPause() throws IOException {
    Path context = Files.createDirectories(directory.resolve("pause"));
    Files.copy(Path.of("/bin/busybox"), context.resolve("busybox"));
    Files.writeString(
        context.resolve("Dockerfile"),
        "FROM scratch\nCOPY busybox /\nENTRYPOINT [\"/busybox\", \"sleep\", \"2147483647\"]\n");
    push(context, registry() + "/pause:1");
  }

  /**
   * Builds an image from a directory with Slipway and pushes it to the registry.
   *
   * @throws IOException if the build fails, with its log on standard error
   */
  public void push(Path context, String image) throws IOException {
    int exit =
        Main.run(
            "build",
            context.toString(),
            "--push",
            "--progress=quiet",
            "--insecure-registry=" + registry(),
            "--root=" + directory.resolve("store"),
            "--tag=" + image);
    if (exit != 0) {
      throw new IOException("cannot build " + image + " from " + context);
    }
  }

  private void awaitNode() throws IOException {
    try (KubernetesClient client = controlPlane.client()) {
      node.await(
          "the node is ready",
          PATIENCE,
          () -> {
            var found = client.nodes().withName(Node.NAME).get();
            return found != null
                && found.getStatus().getConditions().stream()
                    .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
          });
    }
  }

  public ControlPlane controlPlane() {
    return controlPlane;
  }

  /** Host and port of the registry: the same for this machine, its node and its pods. */
  public String registry() {
    return host() + ":" + REGISTRY_PORT;
  }

  /** The address at which pods reach what listens on this machine. */
  public String host() {
    return network.host();
  }

  /** Where a file must be for {@code seccompProfile: {type: Localhost, localhostProfile: ...}}. */
  public Path seccompProfiles() {
    return directory.resolve("kubelet").resolve("seccomp");
  }

  /** Logs and data of all programs. */
  public Path directory() {
    return directory;
  }

  /** A new client of a cluster administrator; the caller closes it. */
  public KubernetesClient client() {
    return controlPlane.client();
  }

  /** The registry, for tests that break it. */
  public Daemon registryDaemon() {
    return registry;
  }

  /** Ends everything; data and logs stay in the directory. */
  @Override
  public void close() throws IOException {
    controlPlane.close();
  }
}
