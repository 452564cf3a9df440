package dev.slipway.operator.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Map;
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
  void ofAPodItIsWhatItsStateIsMadeOf() {
    Pod pod =
        lean.unmarshal(
            """
            apiVersion: v1
            kind: Pod
            spec:
              nodeName: n
              readinessGates: [{conditionType: example.com/gate}]
              containers: [{name: build, image: slipway, env: [{name: A, value: b}]}]
              volumes: [{name: work, emptyDir: {}}]
            status:
              containerStatuses:
              - name: build
                ready: false
                restartCount: 0
                image: slipway
                imageID: slipway
                volumeMounts: [{name: work, mountPath: /work}]
                state: {terminated: {exitCode: 137, reason: OOMKilled}}
            """,
            Pod.class);
    assertThat(pod.getSpec().getNodeName()).isEqualTo("n");
    assertThat(pod.getSpec().getReadinessGates()).hasSize(1);
    assertThat(pod.getSpec().getContainers()).isEmpty();
    assertThat(pod.getSpec().getVolumes()).isEmpty();
    ContainerStatus status = pod.getStatus().getContainerStatuses().getFirst();
    assertThat(status.getVolumeMounts()).isEmpty();
    assertThat(status.getState().getTerminated().getReason()).isEqualTo("OOMKilled");
  }

  @Test
  void aPodThatIsMadeIsWrittenWhole() {
    Pod made =
        new PodBuilder()
            .withNewSpec()
            .addNewContainer()
            .withName("build")
            .endContainer()
            .withServiceAccountName("builder")
            .endSpec()
            .build();
    assertThat(lean.asJson(made)).contains("\"name\":\"build\"", "\"serviceAccountName\"");
  }

  @Test
  void whatIsReadTwiceIsKeptOnce() {
    String pod =
        """
        apiVersion: v1
        kind: Pod
        metadata: {labels: {team: "%s"}}
        status: {phase: Running, message: "%s"}
        """;
    String longer = "x".repeat(100);
    Pod one = lean.unmarshal(pod.formatted("a", longer), Pod.class);
    Pod other = lean.unmarshal(pod.formatted("a", longer), Pod.class);
    assertThat(other.getStatus().getPhase()).isSameAs(one.getStatus().getPhase());
    assertThat(other.getMetadata().getLabels().get("team"))
        .isSameAs(one.getMetadata().getLabels().get("team"));
    assertThat(other.getStatus().getMessage())
        .isEqualTo(longer)
        .isNotSameAs(one.getStatus().getMessage());
  }

  /** Most of what the model's objects are made of. */
  @Test
  void whatIsEmptyIsShared() {
    Pod pod = lean.unmarshal("{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}", Pod.class);
    assertThat(pod.getMetadata().getAdditionalProperties()).isSameAs(Map.of());
    assertThat(pod.getMetadata().getFinalizers()).isSameAs(List.of());
    ImageBuild build =
        lean.unmarshal("{\"kind\":\"ImageBuild\",\"metadata\":{\"name\":\"a\"}}", ImageBuild.class);
    assertThat(build.getMetadata().getOwnerReferences()).isSameAs(List.of());
  }

  @Test
  void aCopyOfWhatWasReadCanBeAddedTo() {
    Pod pod = lean.unmarshal("{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}", Pod.class);
    Pod copy = new PodBuilder(pod).editMetadata().addToLabels("a", "b").endMetadata().build();
    assertThat(copy.getMetadata().getLabels()).containsEntry("a", "b");
    assertThat(lean.clone(pod)).isEqualTo(pod);
  }

  /** What the model does not know of is kept, and written again. */
  @Test
  void whatIsUnknownIsKept() {
    Pod pod = lean.unmarshal("{\"kind\":\"Pod\",\"status\":{\"newer\":1}}", Pod.class);
    assertThat(lean.asJson(pod)).contains("\"newer\":1");
  }

  /** However many different texts go by. */
  @Test
  void whatIsReadIsWhatWasWritten() {
    for (int i = 0; i < 50_000; i++) {
      String phase = "phase-" + i;
      Pod pod =
          lean.unmarshal("{\"kind\":\"Pod\",\"status\":{\"phase\":\"" + phase + "\"}}", Pod.class);
      assertThat(pod.getStatus().getPhase()).isEqualTo(phase);
    }
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
