package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.Phase;
import dev.slipway.e2e.operator.SimulatedNode.Fate;
import dev.slipway.operator.Operator;
import dev.slipway.operator.OperatorSettings;
import dev.slipway.operator.imagebuild.Policy;
import dev.slipway.operator.pod.PodSettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a build costs, on a small scale; {@code make bench-operator} has the large one. */
@Timeout(300)
final class ScaleTest {
  private static final int BUILDS = 200;
  private static final int NAMESPACES = 20;

  @Test
  void aBuildIsAtMostFourWritesAndFiveReconciliations() throws Exception {
    try (Api api = Api.embedded();
        SimulatedNode _ = new SimulatedNode(api.client(), _ -> new Fate.Success());
        FaultProxy proxy = new FaultProxy(api.config());
        KubernetesClient client = new KubernetesClientBuilder().withConfig(proxy.config()).build();
        Operator operator =
            Operator.start(
                client,
                new OperatorSettings(
                    List.of(),
                    Policy.of(PodSettings.of("slipway/builder:test")),
                    Duration.ofMinutes(10),
                    null,
                    0))) {
      proxy.killAt(Integer.MAX_VALUE, FaultProxy.Cut.BEFORE); // it counts, and never kills
      for (int i = 0; i < NAMESPACES; i++) {
        api.namespace("scale-" + i);
      }
      for (int i = 0; i < BUILDS; i++) {
        api.client().resource(manifest("scale-" + i % NAMESPACES, "app-" + i)).create();
      }

      Awaitility.await()
          .atMost(Duration.ofMinutes(4))
          .pollInterval(Duration.ofMillis(200))
          .until(() -> succeeded(api) == BUILDS);
      // The event of the last build comes after its status.
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> writes(proxy, "POST", "/events") == BUILDS);

      assertThat(writes(proxy, "POST", "/pods")).isEqualTo(BUILDS);
      long all = proxy.calls().stream().filter(c -> !c.startsWith("GET ")).count();
      assertThat((double) all / BUILDS).as("API writes a build").isLessThanOrEqualTo(4);
      assertThat(reconciliations(operator) / BUILDS).as("a build").isLessThanOrEqualTo(5);
    }
  }

  private static long succeeded(Api api) {
    return api.client().resources(ImageBuild.class).inAnyNamespace().list().getItems().stream()
        .filter(b -> b.getStatus() != null && b.getStatus().phase() == Phase.SUCCEEDED)
        .count();
  }

  private static long writes(FaultProxy proxy, String verb, String path) {
    return proxy.calls().stream().filter(c -> c.startsWith(verb + " ") && c.endsWith(path)).count();
  }

  private static double reconciliations(Operator operator) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:" + operator.port().orElseThrow() + "/metrics");
      return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
          .body()
          .lines()
          .filter(l -> l.startsWith("slipway_reconcile_seconds_count"))
          .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)))
          .sum();
    }
  }

  static ImageBuild manifest(String namespace, String name) {
    return Serialization.unmarshal(
        """
        apiVersion: slipway.dev/v1alpha1
        kind: ImageBuild
        metadata: {name: %s, namespace: %s}
        spec:
          source: {git: {url: "https://git.example.com/app.git", ref: 0123456789abcdef0123456789abcdef01234567}}
          output: {image: registry.example.com/%s/%s}
        """
            .formatted(name, namespace, namespace, name),
        ImageBuild.class);
  }
}
