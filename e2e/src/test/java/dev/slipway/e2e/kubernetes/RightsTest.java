package dev.slipway.e2e.kubernetes;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import dev.slipway.e2e.kubernetes.Audit.Request;
import dev.slipway.e2e.kubernetes.Audit.Right;
import dev.slipway.operator.pod.BuilderPod;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the chart grants is what the operator needs, no more and no less: seen in the audit log of
 * the API server, over all that the tests before this one did, and one life of a build that wants
 * each right at least once.
 */
@OnRealCluster
@Order(Integer.MAX_VALUE)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RightsTest {
  private static final String NAMESPACE = "rights-test";

  /** An Event that is there already is counted up: whether that happens here is luck. */
  private static final Set<Right> FOR_REPEATED_EVENTS =
      Set.of(new Right("", "events", "get"), new Right("", "events", "patch"));

  private final RealCluster cluster;
  private final Installation slipway;
  private final KubernetesClient client;

  @SuppressWarnings("NullAway.Init")
  private List<Request> requests;

  RightsTest(RealCluster cluster, Installation slipway) {
    this.cluster = cluster;
    this.slipway = slipway;
    this.client = cluster.client();
  }

  /**
   * Two builds that publish their image in a ConfigMap, of which one log is kept; one whose pod is
   * taken away; one whose pod cannot start; and a leader that is told to go.
   */
  @BeforeAll
  void play(@TempDir Path work) throws IOException {
    Namespaces.create(client, NAMESPACE, Map.of());
    try (GitHost git = new GitHost(cluster, work.resolve("repositories"))) {
      slipway.handOver();
      git.commit("app", Map.of("Dockerfile", "FROM scratch\nCOPY Dockerfile /one\n"));
      Builds builds = new Builds(client, NAMESPACE);
      builds.create(
          "app",
          """
            source: {git: {url: "%s", ref: main}}
            output: {image: "%s/rights/app", configMap: true}
            retention: {succeeded: 0, logs: 1}
          """
              .formatted(git.url("app"), cluster.registry()));
      assertThat(Builds.is(builds.ended("app"), "Ready")).isTrue();
      awaitLog(1);
      git.commit("app", Map.of("Dockerfile", "FROM scratch\nCOPY Dockerfile /two\n"));
      builds
          .named("app")
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"metadata\":{\"annotations\":{\"%s\":\"again\"}}}"
                  .formatted(ImageBuild.REQUESTED_AT));
      awaitLog(2);
      // The log of the first is let go of.
      client
          .configMaps()
          .inNamespace(NAMESPACE)
          .withName("app-log-1")
          .waitUntilCondition(log -> log == null, 1, TimeUnit.MINUTES);
      // A pod that cannot start is asked about.
      builds.create(
          "waits",
          """
            source: {git: {url: "%s", ref: main}}
            output: {image: "%s/rights/app", pushSecretRef: {name: missing}}
          """
              .formatted(git.url("app"), cluster.registry()));
      builds
          .named("waits")
          .waitUntilCondition(
              build ->
                  build != null
                      && build.getStatus() != null
                      && "SecretNotFound".equals(build.getStatus().reason()),
              1,
              TimeUnit.MINUTES);
      client.pods().inNamespace(NAMESPACE).withLabel(BuilderPod.IMAGE_BUILD, "waits").delete();
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() ->
              Audit.of(cluster.controlPlane(), Installation.USER).stream()
                  .anyMatch(request -> request.right().equals(new Right("", "pods", "get"))));
    }
    requests = Audit.of(cluster.controlPlane(), Installation.USER);
  }

  private void awaitLog(int number) {
    client
        .configMaps()
        .inNamespace(NAMESPACE)
        .withName("app-log-" + number)
        .waitUntilCondition(log -> log != null, 2, TimeUnit.MINUTES);
  }

  @AfterAll
  void tidy() {
    client.namespaces().withName(NAMESPACE).delete();
    client.close();
  }

  @Test
  void everyRightThatIsGrantedIsUsed() {
    Set<Right> used =
        requests.stream()
            .filter(Request::allowed)
            .map(Request::right)
            .collect(toCollection(TreeSet::new));
    Set<Right> idle = granted();
    assertThat(idle).hasSizeGreaterThan(10);
    idle.removeAll(used);
    idle.removeAll(FOR_REPEATED_EVENTS);
    assertThat(idle).as("granted, and never used").isEmpty();
  }

  /**
   * Where it may not read a Secret, the builder pod does: to have asked is how it knows. What is
   * granted is denied by an API server that has just started, and does not know its roles yet.
   */
  @Test
  void nothingThatIsNeededIsDenied() {
    Set<Right> granted = granted();
    assertThat(requests)
        .filteredOn(request -> !request.allowed() && !granted.contains(request.right()))
        .filteredOn(request -> !isOneSecret(request))
        .isEmpty();
  }

  @Test
  void secretsAreReadByNameAndWhereTheirNamespaceGrantsIt() {
    assertThat(granted()).noneMatch(right -> right.resource().equals("secrets"));
    assertThat(requests)
        .filteredOn(request -> request.right().resource().equals("secrets"))
        .allMatch(RightsTest::isOneSecret)
        .filteredOn(Request::allowed)
        .allMatch(request -> request.name().equals("git-login")); // examples/private.yaml
  }

  private static boolean isOneSecret(Request request) {
    return request.right().equals(new Right("", "secrets", "get")) && !request.name().isEmpty();
  }

  /** What Helm installed, as the API server has it. */
  private Set<Right> granted() {
    assertThat(slipway.operators()).isNotEmpty();
    String name = Installation.RELEASE + "-operator";
    List<PolicyRule> rules =
        new ArrayList<>(client.rbac().clusterRoles().withName(name).require().getRules());
    rules.addAll(
        client
            .rbac()
            .roles()
            .inNamespace(Installation.NAMESPACE)
            .withName(Installation.RELEASE + "-leader")
            .require()
            .getRules());
    Set<Right> granted = new TreeSet<>();
    for (PolicyRule rule : rules) {
      for (String group : rule.getApiGroups()) {
        for (String resource : rule.getResources()) {
          rule.getVerbs().forEach(verb -> granted.add(new Right(group, resource, verb)));
        }
      }
    }
    return granted;
  }
}
