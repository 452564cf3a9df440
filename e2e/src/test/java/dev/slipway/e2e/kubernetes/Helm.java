package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Helm as the administrator of a cluster runs it; what it keeps at home is kept with the cluster.
 */
final class Helm {
  /** The chart of this checkout. */
  static final Path CHART = Path.of("..", "charts", "slipway").toAbsolutePath().normalize();

  private final List<String> command;
  private final Path log;

  Helm(RealCluster cluster) throws IOException {
    Path home = cluster.directory().resolve("helm");
    log = cluster.directory().resolve("helm.log");
    command =
        List.of(
            "env",
            "HELM_CACHE_HOME=" + home.resolve("cache"),
            "HELM_CONFIG_HOME=" + home.resolve("config"),
            "HELM_DATA_HOME=" + home.resolve("data"),
            Assets.helm().toString(),
            "--kubeconfig=" + cluster.controlPlane().kubeconfig());
  }

  /**
   * Runs a command to its end and returns what it wrote.
   *
   * @throws IOException if it fails; the message holds its output
   */
  String run(List<String> arguments) throws IOException {
    List<String> all = new ArrayList<>(command);
    all.addAll(arguments);
    String output = Commands.run(all);
    Files.writeString(
        log,
        "$ helm " + String.join(" ", arguments) + "\n" + output,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    return output;
  }

  String run(String... arguments) throws IOException {
    return run(List.of(arguments));
  }
}
