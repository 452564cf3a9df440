package dev.slipway.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CopiesTest {
  private final KubernetesSerialization serialization = new KubernetesSerialization();
  private final ImageBuild cached =
      serialization.unmarshal(
          """
          apiVersion: slipway.dev/v1alpha1
          kind: ImageBuild
          metadata: {name: app, namespace: team, labels: {a: b}, finalizers: [some/one]}
          spec:
            source: {git: {url: "https://git.example.com/app.git"}}
            output: {image: registry.example.com/app}
          status: {phase: Succeeded}
          """,
          ImageBuild.class);

  @Test
  void aCopyIsTheSameToAnyReader() {
    assertThat(serialization.asJson(new Copies(serialization).clone(cached)))
        .isEqualTo(serialization.asJson(cached));
  }

  @Test
  void whatIsDoneToACopyDoesNotReachTheCache() {
    String before = serialization.asJson(cached);
    ImageBuild copy = new Copies(serialization).clone(cached);
    copy.getMetadata().setResourceVersion("7");
    copy.getMetadata().getFinalizers().add("another/one");
    copy.getMetadata().setLabels(Map.of());
    copy.setStatus(null);
    assertThat(serialization.asJson(cached)).isEqualTo(before);
  }
}
