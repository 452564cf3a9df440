package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** {@code make cluster} and {@code make cluster-stop}. */
public final class ClusterCommand {
  private ClusterCommand() {}

  /** {@code start} or {@code stop}; exits with 1 if that fails, and with 2 on wrong usage. */
  public static void main(String[] args) {
    System.setProperty("logback.configurationFile", "dev/slipway/e2e/kubernetes/logback.xml");
    int exit;
    try {
      exit =
          switch (args.length == 1 ? args[0] : "") {
            case "start" -> start();
            case "stop" -> stop();
            default -> {
              System.err.println("usage: slipway cluster start|stop");
              yield 2;
            }
          };
    } catch (IOException e) {
      System.err.println("slipway cluster: " + e.getMessage());
      exit = 1;
    }
    System.exit(exit);
  }

  private static int start() throws IOException {
    Optional<String> refusal = RealCluster.refusal();
    if (refusal.isPresent()) {
      System.err.println("slipway cluster: " + refusal.get());
      return 1;
    }
    // Not closed: it is to outlive this process.
    RealCluster cluster = RealCluster.start(directory());
    System.err.printf(
        "Kubernetes %s: node ready, registry at %s (plain HTTP), logs in %s%n",
        version(cluster), cluster.registry(), cluster.directory());
    System.out.printf("export KUBECONFIG=%s%n", cluster.controlPlane().kubeconfig());
    return 0;
  }

  private static String version(RealCluster cluster) {
    try (var client = cluster.client()) {
      return client.getKubernetesVersion().getGitVersion();
    }
  }

  private static int stop() throws IOException {
    if (!Files.isDirectory(directory())) {
      System.err.println("slipway cluster: none is running");
      return 0;
    }
    List<String> left = RealCluster.stop(directory());
    left.forEach(what -> System.err.println("slipway cluster: " + what));
    return left.isEmpty() ? 0 : 1;
  }

  private static Path directory() {
    String given = System.getenv("SLIPWAY_CLUSTER");
    if (given != null) {
      return Path.of(given);
    }
    String cache = System.getenv("XDG_CACHE_HOME");
    return Path.of(cache != null ? cache : System.getProperty("user.home") + "/.cache")
        .resolve("slipway/cluster");
  }
}
