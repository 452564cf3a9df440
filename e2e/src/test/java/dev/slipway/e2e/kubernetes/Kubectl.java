package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The kubectl of this machine, as the administrator of a cluster runs it in one namespace. */
final class Kubectl {
  private final List<String> command;

  Kubectl(RealCluster cluster, String namespace) {
    command =
        List.of(
            "kubectl",
            "--kubeconfig=" + cluster.controlPlane().kubeconfig(),
            "--cache-dir=" + cluster.directory().resolve("kubectl"),
            "--namespace=" + namespace);
  }

  /**
   * Runs a command to its end and returns what it wrote.
   *
   * @throws IOException if it fails; the message holds its output
   */
  String run(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(arguments));
    return Commands.run(all);
  }
}
