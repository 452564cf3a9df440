package dev.slipway.e2e.real;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.api.Condition;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.e2e.cluster.BuilderImage;
import dev.slipway.e2e.cluster.Cluster;
import dev.slipway.operator.Operator;
import dev.slipway.operator.OperatorSettings;
import dev.slipway.operator.pod.PodSettings;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What a user gets wrong, or what breaks around him: a typed reason, and nothing is lost. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BadInputTest {
  private static final long PATIENCE_SECONDS = 120;

  @TempDir private static Path work;

  private Cluster cluster;
  private Operator operator;
  private KubernetesClient client;
  private String repository;

  @BeforeAll
  void start() throws IOException {
    cluster =
        Cluster.start(
            work.resolve("cluster"), new Cluster.Options(new BuilderImage(), 4, null, null));
    client = cluster.client();
    operator =
        Operator.start(
            client,
            OperatorSettings.embedded(
                PodSettings.of(BuilderImage.NAME)
                    .withInsecureRegistries(List.of(cluster.registry().host()))
                    .withRegistryMirrors(Map.of())));
    Path files = Files.createDirectories(work.resolve("files"));
    Files.writeString(files.resolve("Dockerfile"), "FROM scratch AS it\nCOPY Dockerfile /\n");
    Files.createDirectories(files.resolve("empty"));
    Files.writeString(files.resolve("empty/readme"), "no Dockerfile here\n");
    Files.createSymbolicLink(files.resolve("out"), Path.of("/etc"));
    cluster.git().repository("team/app").commit("main", files, "Begin\n", Instant.now());
    repository = cluster.git().url("team/app").toString();
  }

  @AfterAll
  void stop() {
    operator.close();
    cluster.close();
  }

  @Test
  void theSameRepositoryBuildsWhenAskedRightly() {
    ImageBuildStatus status = apply("right", repository, "main", "", "right", "Succeeded");
    assertThat(status.image()).startsWith(cluster.registry().host() + "/right@sha256:");
  }

  @Test
  void anUnknownRef() {
    apply("ref", repository, "no-such-branch", "", "ref", "GitRefNotFound");
  }

  @Test
  void anUnreachableGitHost() {
    apply("host", "http://127.0.0.1:1/team/app.git", "main", "", "host", "GitUnreachable");
  }

  @Test
  void aMissingDockerfile() {
    apply("file", repository, "main", "    contextDir: empty\n", "file", "DockerfileNotFound");
  }

  @Test
  void anUnknownStage() {
    apply("stage", repository, "main", "  target: nowhere\n", "stage", "StageNotFound");
  }

  @Test
  void aContextThatLeavesTheRepositoryThroughALink() {
    apply("link", repository, "main", "    contextDir: out\n", "link", "ContextInvalid");
  }

  @Test
  void aRegistryThatIsDown() {
    String image = "127.0.0.1:1/app";
    ImageBuildStatus status =
        applyTo("down", repository, "main", "  retries: 0\n", image, "RegistryUnreachable");
    assertThat(status.image()).isNull();
  }

  @Test
  void aMissingPushSecret() {
    applyTo(
        "secret",
        repository,
        "main",
        "",
        cluster.registry().host() + "/secret\n    pushSecretRef: {name: nowhere}",
        "SecretNotFound");
  }

  @Test
  void theLastGoodImageStaysThroughAFailure() {
    ImageBuildStatus good = apply("keep", repository, "main", "", "keep", "Succeeded");
    ImageBuildStatus bad =
        apply("keep", repository, "main", "  target: nowhere\n", "keep", "StageNotFound");
    assertThat(bad.image()).isEqualTo(good.image());
  }

  @Test
  void anInvalidSpecIsRefusedAtOnce() {
    assertThatThrownBy(() ->
            client
                .resource(
                    stream(
                        """
                        apiVersion: slipway.dev/v1alpha1
                        kind: ImageBuild
                        metadata: {name: invalid, namespace: default}
                        spec:
                          source: {git: {url: "ftp://example.com/app.git"}}
                          output: {image: registry.example.com/app}
                        """))
                .create())
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining("spec.source.git.url");
  }

  private ImageBuildStatus apply(
      String name, String url, String ref, String more, String image, String reason) {
    return applyTo(name, url, ref, more, cluster.registry().host() + "/" + image, reason);
  }

  private ImageBuildStatus applyTo(
      String name, String url, String ref, String more, String image, String reason) {
    String yaml =
        """
        apiVersion: slipway.dev/v1alpha1
        kind: ImageBuild
        metadata: {name: %s, namespace: default}
        spec:
          source:
            git: {url: "%s", ref: "%s"}
        %s  output:
            image: %s
        """
            .formatted(name, url, ref, more, image);
    ImageBuild applied =
        client
            .resource(new KubernetesSerialization().unmarshal(yaml, ImageBuild.class))
            .serverSideApply();
    long generation = applied.getMetadata().getGeneration();
    ImageBuild[] last = new ImageBuild[1];
    try {
      return client
          .resources(ImageBuild.class)
          .inNamespace("default")
          .withName(name)
          .waitUntilCondition(
              seen -> {
                last[0] = seen;
                return seen != null
                    && seen.getStatus() != null
                    && Long.valueOf(generation).equals(seen.getStatus().observedGeneration())
                    && reason.equals(reason(seen.getStatus()));
              },
              PATIENCE_SECONDS,
              TimeUnit.SECONDS)
          .getStatus();
    } catch (KubernetesClientException e) {
      throw new AssertionError(
          name
              + " never had the reason "
              + reason
              + ", but "
              + (last[0] == null ? "" : last[0].getStatus()),
          e);
    }
  }

  private static String reason(ImageBuildStatus status) {
    return status.condition("Ready").map(Condition::reason).orElse("");
  }

  private static ByteArrayInputStream stream(String yaml) {
    return new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8));
  }
}
