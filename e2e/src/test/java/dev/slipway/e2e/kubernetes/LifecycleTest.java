package dev.slipway.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.HistoryEntry;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Outcome;
import dev.slipway.api.Reasons;
import dev.slipway.e2e.kubernetes.Audit.Request;
import dev.slipway.e2e.kubernetes.Audit.Right;
import dev.slipway.e2e.registry.RegistryProcess;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What happens to clusters, on a real one with two operators: nothing is lost, nothing is built
 * twice, and every build ends in a status that is true.
 */
@OnRealCluster
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(600)
final class LifecycleTest {
  private static final int BUILDS = 50;
  private static final Right CREATE_POD = new Right("", "pods", "create");

  /** That the API server was away is said in many words. */
  private static final String AWAY = "";

  private final RealCluster cluster;
  private final Installation slipway;
  private final KubernetesClient client;

  @SuppressWarnings("NullAway.Init")
  private GitHost git;

  LifecycleTest(RealCluster cluster, Installation slipway) {
    this.cluster = cluster;
    this.slipway = slipway;
    this.client = cluster.client();
  }

  @BeforeAll
  void prepare(@TempDir Path work) throws IOException {
    git = new GitHost(cluster, work.resolve("repositories"));
    git.commit("quick", Map.of("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"));
    git.commit(
        "slow",
        Map.of(
            "Dockerfile",
            """
            FROM %s
            ARG SECONDS=20
            RUN sleep $SECONDS
            """
                .formatted(slipway.image().debian())));
    git.commit(
        "large",
        Map.of(
            "Dockerfile",
            """
            FROM %s
            RUN dd if=/dev/zero of=/large bs=1M count=300 && sleep 120
            """
                .formatted(slipway.image().debian())));
  }

  @AfterAll
  void tidy() {
    client
        .namespaces()
        .withLabel("slipway.dev/lifecycle")
        .list()
        .getItems()
        .forEach(namespace -> client.resource(namespace).delete());
    client.close();
    git.close();
  }

  private Builds namespace(String name) {
    Namespaces.create(client, "lifecycle-" + name, Map.of("slipway.dev/lifecycle", name));
    return new Builds(client, "lifecycle-" + name);
  }

  /** Who leads dies without a word, and so does who follows, at any moment of fifty builds. */
  @Test
  void operatorsAreKilledAtRandomDuringFiftyBuilds() throws IOException {
    slipway.mayLog("(?i)lease|leadership"); // who takes over says so
    Builds builds = namespace("killed");
    Random random = new Random(6);
    for (int i = 0; i < BUILDS; i++) {
      builds.create("app-" + i, quick("app-" + i));
    }
    int deaths = 0;
    while (!allEnded(builds)) {
      List<Pod> operators = slipway.operators();
      if (!operators.isEmpty() && deaths < 10) {
        Pod victim = operators.get(random.nextInt(operators.size()));
        client.resource(victim).withGracePeriod(0).delete();
        deaths++;
      }
      pause(2 + random.nextInt(6));
    }
    assertThat(deaths).isPositive();
    for (int i = 0; i < BUILDS; i++) {
      assertBuiltOnce(builds, "app-" + i);
    }
    slipway.awaitReady();
  }

  @Test
  void whoLeadsHandsOverAndTheBuildGoesOn() throws IOException {
    Builds builds = namespace("handover");
    builds.create("slow", slow("slow"));
    Pod pod = awaitRunning(builds, "slow");
    slipway.handOver();
    assertThat(Builds.is(builds.ended("slow"), "Ready")).isTrue();
    assertThat(builds.pods("slow"))
        .extracting(one -> one.getMetadata().getUid())
        .containsExactly(pod.getMetadata().getUid());
    slipway.awaitReady();
  }

  @Test
  void theApiServerIsRestartedDuringABuild() throws IOException {
    slipway.mayLog(AWAY);
    Builds builds = namespace("api-server");
    builds.create("slow", slow("slow"));
    awaitRunning(builds, "slow");
    cluster.controlPlane().restartApiServer();
    builds.create("after", quick("after"));
    assertThat(Builds.is(builds.ended("slow"), "Ready")).isTrue();
    assertThat(Builds.is(builds.ended("after"), "Ready")).isTrue();
    assertBuiltOnce(builds, "slow");
    assertBuiltOnce(builds, "after");
    slipway.awaitReady();
  }

  /**
   * Operators that are held up while the world changes: what they ask to watch from is no more, and
   * they look at everything again.
   */
  @Test
  void theirWatchExpires() throws IOException {
    slipway.mayLog(AWAY);
    Builds builds = namespace("watch");
    builds.create("before", slow("before"));
    awaitRunning(builds, "before");
    List<Long> held = slipway.processes();
    assertThat(held).isNotEmpty();
    signal("-STOP", held);
    try {
      builds.create("meanwhile", quick("meanwhile"));
      // A new server knows nothing of what was before it.
      cluster.controlPlane().restartApiServer();
      builds
          .named("before")
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"metadata\":{\"labels\":{\"seen\":\"later\"}}}");
    } finally {
      signal("-CONT", held);
    }
    assertThat(Builds.is(builds.ended("before"), "Ready")).isTrue();
    assertThat(Builds.is(builds.ended("meanwhile"), "Ready")).isTrue();
    assertBuiltOnce(builds, "before");
    assertBuiltOnce(builds, "meanwhile");
    slipway.awaitReady();
  }

  @Test
  void aPodThatIsDeletedIsMadeUpFor() throws IOException {
    Builds builds = namespace("deleted");
    builds.create("slow", slow("slow"));
    Pod first = awaitRunning(builds, "slow");
    client.resource(first).withGracePeriod(0).delete();
    ImageBuildStatus status = builds.ended("slow");
    assertThat(Builds.is(status, "Ready")).isTrue();
    assertThat(build(status).number()).isEqualTo(1);
    assertThat(build(status).attempt()).isEqualTo(2);
  }

  /** As a drain does it. */
  @Test
  void aPodThatIsEvictedByTheApiIsMadeUpFor() throws IOException {
    Builds builds = namespace("drained");
    builds.create("slow", slow("slow"));
    Pod first = awaitRunning(builds, "slow");
    assertThat(
            client
                .pods()
                .inNamespace(builds.namespace())
                .withName(first.getMetadata().getName())
                .evict())
        .isTrue();
    ImageBuildStatus status = builds.ended("slow");
    assertThat(Builds.is(status, "Ready")).isTrue();
    assertThat(build(status).attempt()).isEqualTo(2);
  }

  /** By the kubelet, because it wrote more than it may. */
  @Test
  void aPodThatIsEvictedByTheKubeletSaysSo() throws IOException {
    Builds builds = namespace("evicted");
    builds.create(
        "large",
        """
          retries: 0
          source: {git: {url: "%s", ref: main}}
          output: {image: "%s/lifecycle/large"}
          pod: {resources: {limits: {ephemeral-storage: 200Mi}}}
        """
            .formatted(git.url("large"), cluster.registry()));
    ImageBuildStatus status = builds.ended("large");
    assertThat(status.reason()).isEqualTo("PodEvicted");
    assertThat(Objects.requireNonNull(status.failure()).message()).contains("ephemeral");
  }

  /** Its kubelet is held up, as a node whose network is cut off is to everybody else. */
  @Test
  void aNodeThatFallsSilentIsNamedAndTheBuildGoesOnWhenItComesBack() throws IOException {
    slipway.mayLog(AWAY);
    Builds builds = namespace("silent");
    builds.create("slow", slow("silent") + "  buildArgs: [{name: SECONDS, value: \"100\"}]\n");
    Pod pod = awaitRunning(builds, "slow");
    // Of a pod that was never ready, the control plane has nothing to withdraw.
    client
        .resource(pod)
        .waitUntilCondition(
            seen -> seen != null && Readiness.isPodReady(seen), 1, TimeUnit.MINUTES);
    List<Long> kubelet = List.of(cluster.kubelet().pid());
    signal("-STOP", kubelet);
    ImageBuildStatus silent;
    try {
      silent = builds.awaitReason("slow", Reasons.NODE_LOST);
    } finally {
      signal("-CONT", kubelet);
    }
    assertThat(Builds.is(silent, "Reconciling")).isTrue();
    assertThat(silent.condition("Ready").orElseThrow().message()).contains(Node.NAME);
    assertThat(Builds.is(builds.ended("slow"), "Ready")).isTrue();
    assertBuiltOnce(builds, "slow");
    assertThat(builds.pods("slow"))
        .extracting(one -> one.getMetadata().getUid())
        .containsExactly(pod.getMetadata().getUid());
    slipway.awaitReady();
  }

  /** The kubelet tells through a probe what the builder says of it; nothing is built again. */
  @Test
  void aRegistryThatIsAwayIsNamedAndThePushIsTriedAgain(@TempDir Path work) throws IOException {
    try (RegistryProcess registry = RegistryProcess.dockerRegistryForPods(work)) {
      registry.kill();
      Builds builds = namespace("push");
      builds.create(
          "quick",
          """
            source: {git: {url: "%s", ref: main}}
            output: {image: "%s:%d/lifecycle/push", insecure: true}
          """
              .formatted(git.url("quick"), cluster.host(), registry.port()));
      ImageBuildStatus waiting = builds.awaitReason("quick", Reasons.PUSHING_AGAIN);
      assertThat(Builds.is(waiting, "Reconciling")).isTrue();
      assertThat(waiting.condition("Ready").orElseThrow().message())
          .contains(cluster.host() + ":" + registry.port());
      registry.restart();
      assertThat(Builds.is(builds.ended("quick"), "Ready")).isTrue();
      assertBuiltOnce(builds, "quick");
    }
  }

  @Test
  void aNamespaceIsDeletedDuringABuild() throws IOException {
    slipway.mayLog("could not be written"); // into a namespace that is ending
    Builds builds = namespace("gone");
    builds.create("slow", slow("slow"));
    awaitRunning(builds, "slow");
    client.namespaces().withName(builds.namespace()).delete();
    client
        .namespaces()
        .withName(builds.namespace())
        .waitUntilCondition(namespace -> namespace == null, 2, TimeUnit.MINUTES);
    // The others go on.
    Builds next = namespace("gone-next");
    next.create("quick", quick("quick"));
    assertThat(Builds.is(next.ended("quick"), "Ready")).isTrue();
  }

  private String quick(String image) {
    return spec("quick", image);
  }

  private String slow(String image) {
    return spec("slow", image);
  }

  private String spec(String repository, String image) {
    return """
      source: {git: {url: "%s", ref: main}}
      output: {image: "%s/lifecycle/%s"}
    """
        .formatted(git.url(repository), cluster.registry(), image);
  }

  private Pod awaitRunning(Builds builds, String name) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(() ->
            builds.pods(name).stream()
                .anyMatch(pod -> "Running".equals(pod.getStatus().getPhase())));
    return builds.pods(name).getFirst();
  }

  /** A machine with much to do may let the API server wait: asked again a little later. */
  private static boolean allEnded(Builds builds) {
    List<ImageBuild> all;
    try {
      all =
          builds
              .client()
              .resources(ImageBuild.class)
              .inNamespace(builds.namespace())
              .list()
              .getItems();
    } catch (KubernetesClientException e) {
      return false;
    }
    return all.stream()
        .allMatch(build ->
            build.getStatus() != null
                && (Builds.is(build.getStatus(), "Ready")
                    || Builds.is(build.getStatus(), "Stalled")));
  }

  /** One pod was ever created for it, and the status speaks of that one. */
  private void assertBuiltOnce(Builds builds, String name) throws IOException {
    ImageBuildStatus status = builds.named(name).require().getStatus();
    assertThat(status.reason()).as(() -> builds.log(name)).isEqualTo("Succeeded");
    assertThat(build(status).number()).as(name).isEqualTo(1);
    assertThat(build(status).attempt()).as(name).isEqualTo(1);
    assertThat(build(status).outcome()).as(name).isEqualTo(Outcome.SUCCEEDED);
    assertThat(status.history()).as(name).extracting(HistoryEntry::number).containsExactly(1L);
    String pod = build(status).podName();
    List<Request> created =
        Audit.of(cluster.controlPlane(), Installation.USER).stream()
            .filter(request -> request.right().equals(CREATE_POD))
            .filter(request -> request.namespace().equals(builds.namespace()))
            .filter(request -> request.code() == 201 && request.name().equals(pod))
            .toList();
    assertThat(created).as("pods of %s", name).hasSize(1);
  }

  private static BuildStatus build(ImageBuildStatus status) {
    return Objects.requireNonNull(status.build());
  }

  private static void signal(String signal, List<Long> processes) throws IOException {
    for (long process : processes) {
      Commands.run("kill", signal, Long.toString(process));
    }
  }

  private static void pause(int seconds) {
    Awaitility.await().pollDelay(Duration.ofSeconds(seconds)).until(() -> true);
  }
}
