package dev.slipway.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The real cluster is what its users take it for. */
@OnRealCluster
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RealClusterTest {
  private static final String NAMESPACE = "real-cluster-test";

  private final RealCluster cluster;
  private final KubernetesClient client;

  RealClusterTest(RealCluster cluster) {
    this.cluster = cluster;
    this.client = cluster.client();
  }

  @BeforeAll
  void prepare(@TempDir Path context) throws IOException {
    Files.copy(Path.of("/bin/busybox"), context.resolve("busybox"));
    Files.writeString(
        context.resolve("Dockerfile"),
        "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"--install\", \"/bin\"]\n");
    cluster.push(context, image());
    Namespaces.create(client, NAMESPACE, Map.of());
  }

  @AfterAll
  void tidy() {
    client.namespaces().withName(NAMESPACE).delete();
    client.close();
  }

  private String image() {
    return cluster.registry() + "/real-cluster-test:1";
  }

  @Test
  void aPodRunsFromTheLocalRegistryInAUserNamespaceAndReports() {
    Pod done =
        run(
            "userns",
            "read -r line </proc/self/uid_map; echo $line; echo $line >/dev/termination-log");
    String message =
        done.getStatus().getContainerStatuses().getFirst().getState().getTerminated().getMessage();
    assertThat(message).matches("0 [1-9]\\d+ 65536\\n");
    assertThat(client.pods().inNamespace(NAMESPACE).withName("userns").getLog()).isEqualTo(message);
  }

  @Test
  void aPodReachesTheRegistryAndTheApiServer() {
    Pod done =
        run(
            "network",
            "wget -q -O /dev/termination-log http://%s/v2/_catalog && echo | nc %s 443"
                .formatted(cluster.registry(), "$KUBERNETES_SERVICE_HOST"));
    assertThat(done.getStatus().getPhase()).isEqualTo("Succeeded");
    assertThat(
            done.getStatus()
                .getContainerStatuses()
                .getFirst()
                .getState()
                .getTerminated()
                .getMessage())
        .contains("real-cluster-test");
  }

  @Test
  void podSecurityIsEnforced() {
    Namespaces.create(
        client,
        NAMESPACE + "-restricted",
        Map.of("pod-security.kubernetes.io/enforce", "restricted"));
    Pod pod = pod("plain", "true");
    pod.getMetadata().setNamespace(NAMESPACE + "-restricted");
    assertThatThrownBy(() -> client.resource(pod).create())
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("violates PodSecurity \"restricted:latest\"");
    client.namespaces().withName(NAMESPACE + "-restricted").delete();
  }

  @Test
  void requestsAreAudited() throws IOException {
    client.pods().inNamespace("default").withName("never-was").get();
    assertThat(Files.readString(cluster.controlPlane().auditLog()))
        .contains("/api/v1/namespaces/default/pods/never-was");
  }

  private Pod run(String name, String script) {
    client.resource(pod(name, script)).create();
    return client
        .pods()
        .inNamespace(NAMESPACE)
        .withName(name)
        .waitUntilCondition(
            pod ->
                pod != null && List.of("Succeeded", "Failed").contains(pod.getStatus().getPhase()),
            2,
            TimeUnit.MINUTES);
  }

  private Pod pod(String name, String script) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(NAMESPACE)
        .endMetadata()
        .withNewSpec()
        .withHostUsers(false)
        .withRestartPolicy("Never")
        .addNewContainer()
        .withName("main")
        .withImage(image())
        .withCommand("/bin/sh", "-c", script)
        .endContainer()
        .endSpec()
        .build();
  }
}
