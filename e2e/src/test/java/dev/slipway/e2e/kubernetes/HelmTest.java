package dev.slipway.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The chart in the hands of Helm, from the version before to the end, in a namespace that enforces
 * Pod Security {@code restricted}: a pod that would not pass would not be there. It comes before
 * whoever needs an installed Slipway, and leaves nothing for them.
 */
@OnRealCluster
@Order(1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class HelmTest {
  private static final String NAMESPACE = "helm-test";
  private static final String CRD = "imagebuilds.slipway.dev";

  /** What an ImageBuild could not yet have, as its definition in YAML says it. */
  private static final String NEW_FIELD = "(?m)^ +debug:$";

  /** The chart as it was before this one's version. */
  private static final Path PREVIOUS =
      Path.of("src", "test", "resources", "kubernetes", "slipway-0.1.0").toAbsolutePath();

  private final RealCluster cluster;
  private final SlipwayImage image;
  private final KubernetesClient client;
  private final Helm helm;
  private final Builds builds;

  HelmTest(RealCluster cluster, SlipwayImage image) throws IOException {
    this.cluster = cluster;
    this.image = image;
    this.client = cluster.client();
    this.helm = new Helm(cluster);
    this.builds = new Builds(client, NAMESPACE);
  }

  @AfterAll
  void tidy() {
    client.apiextensions().v1().customResourceDefinitions().withName(CRD).delete();
    client.namespaces().withName(NAMESPACE).delete();
    client
        .namespaces()
        .withName(NAMESPACE)
        .waitUntilCondition(namespace -> namespace == null, 2, TimeUnit.MINUTES);
    client.close();
  }

  @Test
  @Order(1)
  void lintFindsNothing() throws IOException {
    assertThat(helm.run("lint", "--strict", Helm.CHART.toString()))
        .contains("1 chart(s) linted, 0 chart(s) failed")
        .doesNotContain("[WARNING]");
  }

  @Test
  @Order(2)
  void theVersionBeforeInstalls() throws IOException {
    Namespaces.create(
        client, NAMESPACE, Map.of("pod-security.kubernetes.io/enforce", "restricted"));
    release("install", PREVIOUS);
    builds.create(
        "kept",
        """
          suspend: true
          source: {git: {url: "https://git.invalid/none.git"}}
          output: {image: registry.invalid/none}
        """);
    awaitSuspended("kept");
  }

  /** As docs/install.md has it. */
  @Test
  @Order(3)
  void itIsUpgradedWithItsDefinitionAndItsImageBuilds() throws IOException {
    ImageBuild before = builds.named("kept").require();
    Kubectl kubectl = new Kubectl(cluster, NAMESPACE);
    kubectl.run("label", "crd", CRD, "app.kubernetes.io/managed-by=Helm");
    kubectl.run(
        "annotate",
        "crd",
        CRD,
        "meta.helm.sh/release-name=slipway",
        "meta.helm.sh/release-namespace=" + NAMESPACE);
    assertThat(definition()).doesNotContainPattern(NEW_FIELD);

    release("upgrade", Helm.CHART, "--reset-then-reuse-values");

    assertThat(definition()).containsPattern(NEW_FIELD);
    assertThat(builds.named("kept").require().getMetadata().getUid())
        .isEqualTo(before.getMetadata().getUid());
    for (Pod pod : operators()) {
      assertThat(pod.getMetadata().getLabels()).containsEntry("helm.sh/chart", "slipway-0.2.0");
    }
    builds.create(
        "new",
        """
          suspend: true
          debug: {}
          source: {git: {url: "https://git.invalid/none.git"}}
          output: {image: registry.invalid/none}
        """);
    awaitSuspended("new");
  }

  @Test
  @Order(4)
  void itsOwnTestPasses() throws IOException {
    assertThat(helm.run("test", Installation.RELEASE, "--namespace=" + NAMESPACE, "--logs"))
        .contains("Phase:          Succeeded")
        .contains("Suspended");
  }

  @Test
  @Order(5)
  void whatIsUninstalledIsGoneButForTheImageBuilds() throws IOException {
    assertThat(helm.run("uninstall", Installation.RELEASE, "--namespace=" + NAMESPACE, "--wait"))
        .contains("These resources were kept due to the resource policy:", CRD);
    Kubectl kubectl = new Kubectl(cluster, NAMESPACE);
    // Deployments are gone before their pods have ended.
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() ->
            assertThat(
                    kubectl.run(
                        "get",
                        "all,role,rolebinding,clusterrole,clusterrolebinding,configmap,networkpolicy,pdb",
                        "--selector=app.kubernetes.io/instance=" + Installation.RELEASE,
                        "--output=name"))
                // The pod of the test is kept until the next one, for its log.
                .isEqualTo("pod/slipway-test\n"));
    assertThat(builds.named("kept").get()).isNotNull();
  }

  private void release(String verb, Path chart, String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                verb,
                Installation.RELEASE,
                chart.toString(),
                "--namespace=" + NAMESPACE,
                "--set=image.repository=" + image.repository(),
                "--set=image.tag=" + image.tag(),
                "--wait",
                "--timeout=3m"));
    command.addAll(List.of(more));
    try {
      helm.run(command);
    } catch (IOException e) {
      throw new IOException(
          e.getMessage() + "\n" + new Kubectl(cluster, NAMESPACE).run("describe", "all"), e);
    }
  }

  private String definition() throws IOException {
    return new Kubectl(cluster, NAMESPACE).run("get", "crd", CRD, "--output=yaml");
  }

  private List<Pod> operators() {
    return client
        .pods()
        .inNamespace(NAMESPACE)
        .withLabel("app.kubernetes.io/component", "operator")
        .list()
        .getItems()
        .stream()
        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
        .toList();
  }

  private void awaitSuspended(String name) {
    builds
        .named(name)
        .waitUntilCondition(
            seen ->
                seen != null
                    && seen.getStatus() != null
                    && "Suspended".equals(seen.getStatus().reason()),
            1,
            TimeUnit.MINUTES);
  }
}
