package dev.slipway.operator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import org.junit.jupiter.api.Test;

final class LeanSerializationTest {
  private static final String META =
      """
      metadata:
        name: app
        namespace: team
        resourceVersion: "7"
        labels: {a: b}
        managedFields:
        - {manager: kubectl, operation: Apply, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {"f:spec": {}}}
      """;

  private final KubernetesSerialization lean = LeanSerialization.create();

  @Test
  void allButManagedFieldsIsRead() {
    Pod pod =
        lean.unmarshal("apiVersion: v1\nkind: Pod\n" + META + "spec: {nodeName: n}\n", Pod.class);
    assertThat(pod.getMetadata().getManagedFields()).isEmpty();
    assertThat(pod.getMetadata().getLabels()).containsEntry("a", "b");
    assertThat(pod.getMetadata().getResourceVersion()).isEqualTo("7");
    assertThat(pod.getSpec().getNodeName()).isEqualTo("n");
    assertThat(lean.asJson(pod)).doesNotContain("managedFields").contains("\"labels\"");
  }

  @Test
  void ofACustomResourceToo() {
    ImageBuild build =
        lean.unmarshal(
            "apiVersion: slipway.dev/v1alpha1\nkind: ImageBuild\n"
                + META
                + "spec: {output: {image: registry.example.com/a}}\nstatus: {phase: Building}\n",
            ImageBuild.class);
    assertThat(build.getMetadata().getManagedFields()).isEmpty();
    assertThat(build.getSpec().output().image()).isEqualTo("registry.example.com/a");
    assertThat(lean.asYaml(build)).doesNotContain("managedFields");
  }
}
