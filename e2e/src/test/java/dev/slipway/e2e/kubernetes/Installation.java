package dev.slipway.e2e.kubernetes;

import dev.slipway.operator.lease.LeaderLease;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/**
 * Slipway as a platform team has it: the chart of this checkout, installed by Helm with its own
 * image, two replicas, and the seccomp profile on the node. It watches all namespaces.
 */
final class Installation {
  static final String RELEASE = "slipway";
  static final String NAMESPACE = "slipway-system";

  /** Its user, as the audit log has it. */
  static final String USER = "system:serviceaccount:" + NAMESPACE + ":" + RELEASE + "-operator";

  /** A line of the log that needs nobody's attention; the JVM's own words are none. */
  private static final Pattern FINE = Pattern.compile("\"level\":\"(INFO|DEBUG)\"");

  private static final Pattern NOTHING = Pattern.compile("(?!)");

  private final RealCluster cluster;
  private final SlipwayImage image;
  private final KubernetesClient client;
  private volatile Pattern expected = NOTHING;

  private Installation(RealCluster cluster, SlipwayImage image) {
    this.cluster = cluster;
    this.image = image;
    this.client = cluster.client();
  }

  static Installation install(RealCluster cluster, SlipwayImage image) throws IOException {
    Installation installation = new Installation(cluster, image);
    // What is in it needs no more than `restricted`, but for the installer of the profile.
    Namespaces.create(
        installation.client, NAMESPACE, Map.of("pod-security.kubernetes.io/enforce", "privileged"));
    List<String> command =
        new ArrayList<>(
            List.of(
                "install",
                RELEASE,
                Helm.CHART.toString(),
                "--namespace=" + NAMESPACE,
                "--wait",
                "--timeout=4m"));
    installation
        .values()
        .forEach((name, value) -> command.addAll(List.of("--set", name + "=" + value)));
    try {
      new Helm(cluster).run(command);
    } catch (IOException e) {
      throw new IOException(e.getMessage() + "\n" + installation.describe(), e);
    }
    return installation;
  }

  private Map<String, String> values() {
    Map<String, String> values = new TreeMap<>();
    values.put("image.repository", image.repository());
    values.put("image.tag", image.tag());
    values.put("replicas", "2");
    values.put("limits.builds", "6"); // as many as this machine can bear
    values.put("seccomp.install", "true");
    values.put("seccomp.kubeletDirectory", cluster.directory().resolve("kubelet").toString());
    values.put("registries.insecure[0]", cluster.registry());
    values.put("registries.mirrors.docker\\.io", cluster.registry());
    return values;
  }

  SlipwayImage image() {
    return image;
  }

  List<Pod> operators() {
    return client
        .pods()
        .inNamespace(NAMESPACE)
        .withLabel("app.kubernetes.io/component", "operator")
        .list()
        .getItems();
  }

  /** Who leads: the name of a pod, and more; empty while nobody does. */
  String leader() {
    Lease lease = client.leases().inNamespace(NAMESPACE).withName(LeaderLease.NAME).get();
    return lease == null ? "" : Objects.requireNonNullElse(lease.getSpec().getHolderIdentity(), "");
  }

  /** Deletes the pod that leads, as an upgrade does; returns once another one leads. */
  void handOver() {
    String leader = leader();
    client.pods().inNamespace(NAMESPACE).withName(leader.split("_", 2)[0]).delete();
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> !leader().isEmpty() && !leader().equals(leader));
  }

  /** Returns once all replicas are ready. */
  void awaitReady() {
    client
        .apps()
        .deployments()
        .inNamespace(NAMESPACE)
        .withName(RELEASE + "-operator")
        .waitUntilReady(2, TimeUnit.MINUTES);
  }

  /** The processes of the operators, as this machine numbers them. */
  List<Long> processes() {
    return ProcessHandle.allProcesses()
        .filter(process ->
            process.info().commandLine().orElse("").contains("@/opt/slipway/app/operator.args"))
        .map(ProcessHandle::pid)
        .toList();
  }

  /** Until the test ends, the operators may warn of what it does to them. */
  void mayLog(String pattern) {
    expected = Pattern.compile(pattern);
  }

  /**
   * What the operators logged since then that somebody would have to look into: warnings and
   * errors, but for those that the test said it would cause.
   */
  List<String> troubles(Instant since) {
    Pattern allowed = expected;
    expected = NOTHING;
    List<String> troubles = new ArrayList<>();
    for (Pod pod : operators()) {
      for (String line : log(pod, since).split("\n", -1)) {
        if (!line.isBlank() && !FINE.matcher(line).find() && !allowed.matcher(line).find()) {
          troubles.add(pod.getMetadata().getName() + ": " + line);
        }
      }
    }
    return troubles;
  }

  private String log(Pod pod, Instant since) {
    return client
        .pods()
        .inNamespace(NAMESPACE)
        .withName(pod.getMetadata().getName())
        .sinceTime(since.toString())
        .getLog();
  }

  /** The pods and their events, for the message of a failure. */
  private String describe() throws IOException {
    return new Kubectl(cluster, NAMESPACE).run("describe", "pods");
  }
}
