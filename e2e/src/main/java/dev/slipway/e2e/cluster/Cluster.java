package dev.slipway.e2e.cluster;

import dev.slipway.api.ImageBuild;
import dev.slipway.e2e.cluster.api.ApiServer;
import dev.slipway.e2e.cluster.git.GitServer;
import dev.slipway.e2e.cluster.node.Images;
import dev.slipway.e2e.cluster.node.Node;
import dev.slipway.e2e.cluster.registry.Registry;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * All parts of the embedded cluster, started together: the API with the CRD of Slipway installed,
 * its node, a registry and a Git server. The operator is the caller's to start.
 */
public final class Cluster implements AutoCloseable {
  private static final String CRD = "imagebuilds.slipway.dev.yaml";

  private final ApiServer api;
  private final KubernetesClient client;
  private final Node node;
  private final Registry registry;
  private final GitServer git;

  private Cluster(
      ApiServer api, KubernetesClient client, Node node, Registry registry, GitServer git) {
    this.api = api;
    this.client = client;
    this.node = node;
    this.registry = registry;
    this.git = git;
  }

  /**
   * How a cluster is set up.
   *
   * @param images what its node can run
   * @param capacity how many pods run at once
   * @param registryUser null for a registry without a password
   * @param gitUser null for a Git server without a password
   */
  public record Options(
      Images images,
      int capacity,
      Registry.@Nullable Credentials registryUser,
      GitServer.@Nullable Credentials gitUser) {
    /** Builder pods, as many as a machine of moderate size can take, and no passwords. */
    public static Options standard() {
      return new Options(new BuilderImage(), 4, null, null);
    }
  }

  /**
   * Starts a cluster.
   *
   * @param directory for volumes, logs, blobs and repositories; created if need be
   */
  public static Cluster start(Path directory, Options options) throws IOException {
    Path state = Files.createDirectories(directory).toAbsolutePath();
    ApiServer api = ApiServer.start();
    try (InputStream crd = ImageBuild.class.getResourceAsStream(CRD)) {
      if (crd == null) {
        throw new IllegalStateException(CRD + " is missing from the class path");
      }
      api.install(crd);
    }
    KubernetesClient client = new KubernetesClientBuilder().withConfig(api.clientConfig()).build();
    Path pods = Files.createDirectories(state.resolve("node"));
    Node node = new Node(client, pods, options.images(), options.capacity());
    api.setPodLogs(node);
    return new Cluster(
        api,
        client,
        node,
        Registry.start(state.resolve("registry"), 0, options.registryUser()),
        GitServer.start(state.resolve("git"), options.gitUser()));
  }

  public ApiServer api() {
    return api;
  }

  /** A client of the API, closed with the cluster. */
  public KubernetesClient client() {
    return client;
  }

  public Registry registry() {
    return registry;
  }

  public GitServer git() {
    return git;
  }

  @Override
  public void close() {
    node.close();
    client.close();
    api.close();
    registry.close();
    git.close();
  }
}
