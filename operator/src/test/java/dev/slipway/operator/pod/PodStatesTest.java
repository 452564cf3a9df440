package dev.slipway.operator.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Pods in trouble, as kubelets, schedulers and controllers of Kubernetes write them; one a file in
 * src/test/resources/pods.
 */
final class PodStatesTest {
  private static final Path CASES = Path.of("src", "test", "resources", "pods");
  private static final Instant NOW = Instant.parse("2026-03-01T12:10:00Z");

  static List<String> cases() throws IOException {
    try (Stream<Path> files = Files.list(CASES)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyTroubleHasItsName(String name) throws IOException {
    JsonNode given = Serialization.unmarshal(Files.readString(CASES.resolve(name)), JsonNode.class);
    Pod pod = Serialization.unmarshal(Serialization.asJson(given), Pod.class);
    if (pod.getMetadata() == null) {
      pod.setMetadata(new io.fabric8.kubernetes.api.model.ObjectMeta());
    }
    pod.getMetadata().setCreationTimestamp("2026-03-01T12:00:00Z");
    List<PodWarning> warnings = new ArrayList<>();
    given
        .path("events")
        .forEach(e ->
            warnings.add(new PodWarning(e.path("reason").asText(), e.path("message").asText())));
    PodState state = PodStates.of(pod, warnings, NOW);
    assertThat(described(state)).isEqualTo(given.path("expect").asText());
    assertThat(PodStates.over(pod)).isEqualTo(state.over());
  }

  private static String described(PodState state) {
    return switch (state) {
      case PodState.Starting s ->
          "Starting " + s.trouble().map(PodState.Trouble::reason).orElse("-");
      case PodState.Running r ->
          "Running" + r.waits().map(w -> " " + w.reason()).orElse(r.ready() ? "" : " not ready");
      case PodState.Stopping s -> s.nodeLost() ? "Stopping lost" : "Stopping";
      case PodState.Succeeded _ -> "Succeeded";
      case PodState.Failed f ->
          "Failed " + f.failure().reason() + (f.retryable() ? " retryable" : "");
    };
  }
}
