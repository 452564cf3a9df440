package dev.slipway.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What a real API server makes of our type, whatever its release. */
@Tag("cluster")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ControlPlaneContract {
  private final String release;
  private ControlPlane controlPlane;
  private KubernetesClient client;

  ControlPlaneContract(String release) {
    this.release = release;
  }

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    controlPlane = ControlPlane.start(release, directory);
    client = controlPlane.client();
    try (InputStream crd = ImageBuild.class.getResourceAsStream("imagebuilds.slipway.dev.yaml")) {
      client.load(crd).serverSideApply();
    }
    client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("imagebuilds.slipway.dev")
        .waitUntilCondition(
            crd ->
                // Admitted, and looked at by nobody yet.
                crd.getStatus() != null
                    && crd.getStatus().getConditions() != null
                    && crd.getStatus().getConditions().stream()
                        .anyMatch(
                            c -> c.getType().equals("Established") && c.getStatus().equals("True")),
            1,
            TimeUnit.MINUTES);
  }

  @AfterAll
  void stop() throws IOException {
    client.close();
    controlPlane.close();
    assertThat(controlPlane.daemons()).noneMatch(Daemon::alive);
  }

  @Test
  void itIsTheReleaseThatItSays() {
    assertThat(client.getKubernetesVersion().getGitVersion()).startsWith("v" + release + ".");
  }

  @Test
  void ourSchemaIsStructuralAndNothingIsReportedAgainstIt() {
    var conditions =
        client
            .apiextensions()
            .v1()
            .customResourceDefinitions()
            .withName("imagebuilds.slipway.dev")
            .require()
            .getStatus()
            .getConditions();
    assertThat(conditions)
        .extracting(c -> c.getType() + "=" + c.getStatus())
        .contains("NamesAccepted=True", "Established=True")
        .doesNotContain("NonStructuralSchema=True");
  }

  @Test
  void theServerDefaultsAndValidates() {
    ImageBuild stored = client.resource(build("valid", "https://example.com/app.git")).create();
    assertThat(stored.getSpec().dockerfile()).isEqualTo("Dockerfile");
    assertThat(stored.getMetadata().getGeneration()).isEqualTo(1);
    assertThatThrownBy(() -> client.resource(build("bad", "ftp://example.com/app.git")).create())
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("spec.source.git.url");
  }

  @Test
  void whatAnImageBuildOwnsIsCollectedWithIt() {
    ImageBuild owner = client.resource(build("owner", "https://example.com/app.git")).create();
    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("owned")
                .withNamespace("default")
                .withOwnerReferences(
                    new OwnerReferenceBuilder()
                        .withApiVersion(owner.getApiVersion())
                        .withKind(owner.getKind())
                        .withName("owner")
                        .withUid(owner.getMetadata().getUid())
                        .build())
                .endMetadata()
                .build())
        .create();
    client.resource(owner).delete();
    client
        .configMaps()
        .inNamespace("default")
        .withName("owned")
        .waitUntilCondition(found -> found == null, 1, TimeUnit.MINUTES);
  }

  @Test
  void whoHasNoRightIsRefused() throws IOException {
    Path nobody = controlPlane.kubeconfig("nobody", "nobody", List.of("people"));
    try (KubernetesClient stranger =
        new KubernetesClientBuilder().withConfig(ControlPlane.configOf(nobody)).build()) {
      assertThatThrownBy(() -> stranger.resources(ImageBuild.class).inNamespace("default").list())
          .isInstanceOf(KubernetesClientException.class)
          .hasMessageContaining("cannot list resource \"imagebuilds\"");
    }
  }

  @Test
  void itSurvivesARestartOfTheApiServer() throws IOException {
    client.resource(build("survivor", "https://example.com/app.git")).create();
    controlPlane.restartApiServer();
    assertThat(client.resources(ImageBuild.class).inNamespace("default").withName("survivor").get())
        .isNotNull();
  }

  private static ImageBuild build(String name, String url) {
    return new KubernetesSerialization()
        .unmarshal(
            """
            apiVersion: slipway.dev/v1alpha1
            kind: ImageBuild
            metadata: {name: %s, namespace: default}
            spec:
              source: {git: {url: "%s"}}
              output: {image: registry.example.com/app}
            """
                .formatted(name, url),
            ImageBuild.class);
  }
}
