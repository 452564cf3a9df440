package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.Phase;
import dev.slipway.e2e.operator.Scenario.Stage;
import dev.slipway.e2e.operator.SimulatedNode.Born;
import dev.slipway.e2e.operator.SimulatedNode.Fate;
import dev.slipway.operator.Operator;
import dev.slipway.operator.OperatorSettings;
import dev.slipway.operator.OperatorSettings.Election;
import dev.slipway.operator.imagebuild.Policy;
import dev.slipway.operator.lease.LeaderLease;
import dev.slipway.operator.pod.PodSettings;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.javaoperatorsdk.operator.OperatorException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Of two operators one works; the other follows at once, and takes up what it finds. */
@Timeout(120)
final class LeaderElectionTest {
  private static final String TEAM = Playground.TEAM;
  private static final LeaderLease.Timing QUICK =
      new LeaderLease.Timing(Duration.ofSeconds(4), Duration.ofSeconds(2), Duration.ofMillis(200));

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path home;

  @RegisterExtension private final Playground here = new Playground(_ -> new Fate.RunsOn());

  @Test
  void leaderThatStopsGivesTheLeaseBackAndTheNextOneAdoptsItsBuilds() throws Exception {
    try (KubernetesClient one = client();
        KubernetesClient two = client();
        Operator first = operator(one, () -> {});
        HttpClient http = HttpClient.newHttpClient()) {
      Stage.await().until(first::leading);
      try (Operator second = operator(two, () -> {})) {
        here.plane().client().resource(Scenario.SUCCEEDS.manifest(TEAM)).create();
        here.stage().awaitStart(1);
        here.stage().awaitPhase(Phase.BUILDING);
        assertThat(second.leading()).isFalse();
        // A standby that waits for a living leader does what it is there for.
        assertThat(get(http, second, "readyz").body()).isEqualTo("ok\n");
        assertThat(get(http, first, "readyz").body()).isEqualTo("ok\n");
        assertThat(get(http, first, "metrics").body()).contains("slipway_leader 1.0");
        assertThat(get(http, second, "metrics").body()).contains("slipway_leader 0.0");

        stop(first);

        Instant closed = Instant.now();
        Stage.await().until(second::leading);
        // Well before the lease would have run out.
        assertThat(Duration.between(closed, Instant.now())).isLessThan(Duration.ofSeconds(2));
        Born pod = here.node().started(TEAM, 1).orElseThrow();
        here.node().finish(pod);
        here.stage().awaitPhase(Phase.SUCCEEDED);
        assertThat(here.stage().build().get().getStatus().digest())
            .isEqualTo(SimulatedNode.digest(pod));
        assertThat(here.node().born(TEAM)).hasSize(1);
      }
    }
    assertThat(lease().getSpec().getHolderIdentity()).isEmpty();
  }

  @Test
  void leaderThatIsCutOffSaysSoAndIsNeitherReadyNorLeadingAnyMore() throws Exception {
    CountDownLatch lost = new CountDownLatch(1);
    try (FaultProxy proxy = new FaultProxy(here.plane().config());
        KubernetesClient through =
            new KubernetesClientBuilder().withConfig(proxy.config()).build();
        HttpClient http = HttpClient.newHttpClient()) {
      Operator operator = operator(through, lost::countDown);
      try {
        Stage.await().until(operator::leading);
        Stage.await().until(() -> get(http, operator, "readyz").statusCode() == 200);
        proxy.kill();
        Stage.await().until(() -> get(http, operator, "readyz").statusCode() == 503);
        assertThat(lost.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(operator.leading()).isFalse();
        // The container is not restarted for a short loss of its API server.
        assertThat(get(http, operator, "healthz").statusCode()).isEqualTo(200);
      } finally {
        try {
          operator.close();
        } catch (OperatorException _) {
          // It is cut off.
        }
      }
    }
    // Somebody else may lead once the lease has run out, not before.
    assertThat(lease().getSpec().getHolderIdentity()).isNotEmpty();
  }

  /** The real process, as a kubelet ends it. */
  @Test
  void sigtermReleasesTheLeaseAndLeavesTheBuildAlone() throws Exception {
    Path kubeconfig = Files.writeString(home.resolve("kubeconfig"), here.plane().kubeconfig());
    ProcessBuilder command =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.slipway.operator.OperatorMain",
                "--builder-image=slipway/builder:test",
                "--namespace=" + TEAM,
                "--lease-namespace=" + TEAM,
                "--metrics-port=0")
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("log").toFile());
    command.environment().put("KUBECONFIG", kubeconfig.toString());
    Process process = command.start();
    try {
      here.plane().client().resource(Scenario.SUCCEEDS.manifest(TEAM)).create();
      here.stage().awaitStart(1);
      here.stage().awaitPhase(Phase.BUILDING);
      assertThat(lease().getSpec().getHolderIdentity()).isNotEmpty();

      process.destroy();

      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(lease().getSpec().getHolderIdentity()).isEmpty();
      assertThat(Files.readString(home.resolve("log"))).contains("running builds go on");
    } finally {
      process.destroyForcibly();
    }
    Born pod = here.node().started(TEAM, 1).orElseThrow();
    assertThat(here.plane().client().pods().inNamespace(TEAM).withName(pod.name()).get())
        .isNotNull();
    try (KubernetesClient next = client();
        Operator _ = operator(next, () -> {})) {
      here.node().finish(pod);
      here.stage().awaitPhase(Phase.SUCCEEDED);
      assertThat(here.node().born(TEAM)).hasSize(1);
    }
  }

  private Operator operator(KubernetesClient client, Runnable lost) {
    return Operator.start(
        client,
        new OperatorSettings(
            List.of(TEAM),
            Policy.of(PodSettings.of("slipway/builder:test")),
            Duration.ofMinutes(10),
            new Election(TEAM, QUICK, lost),
            0));
  }

  private static void stop(Operator operator) {
    operator.close();
  }

  private KubernetesClient client() {
    return new KubernetesClientBuilder().withConfig(here.plane().config()).build();
  }

  private Lease lease() {
    return here.plane().client().leases().inNamespace(TEAM).withName(LeaderLease.NAME).get();
  }

  private static HttpResponse<String> get(HttpClient http, Operator operator, String path)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + operator.port().orElseThrow() + "/" + path);
    return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
  }
}
