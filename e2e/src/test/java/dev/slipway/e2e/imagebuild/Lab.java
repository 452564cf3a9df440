package dev.slipway.e2e.imagebuild;

import dev.slipway.api.Condition;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.e2e.cluster.BuilderImage;
import dev.slipway.e2e.cluster.Cluster;
import dev.slipway.operator.Operator;
import dev.slipway.operator.OperatorSettings;
import dev.slipway.operator.imagebuild.Policy;
import dev.slipway.operator.pod.PodSettings;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** The embedded cluster with an operator, and what a user does to them. */
final class Lab implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 120;

  final Cluster cluster;
  final KubernetesClient client;
  private final Path work;
  private final UnaryOperator<Policy> policy;
  private Operator operator;

  Lab(Path work) throws IOException {
    this(work, policy -> policy);
  }

  Lab(Path work, UnaryOperator<Policy> policy) throws IOException {
    this.work = work;
    this.policy = policy;
    cluster =
        Cluster.start(
            work.resolve("cluster"), new Cluster.Options(new BuilderImage(), 4, null, null));
    client = cluster.client();
    operator = startOperator();
  }

  private Operator startOperator() {
    PodSettings pods =
        PodSettings.of(BuilderImage.NAME)
            .withInsecureRegistries(List.of(cluster.registry().host()));
    return Operator.start(
        client,
        new OperatorSettings(
            List.of(), policy.apply(Policy.of(pods)), Duration.ofMinutes(10), null, 0));
  }

  void restartOperator() {
    operator.close();
    operator = startOperator();
  }

  String image(String name) {
    return cluster.registry().host() + "/" + name;
  }

  String url(String repository) {
    return cluster.git().url(repository).toString();
  }

  /** Commits exactly these files to main; returns the commit. */
  String commit(String repository, Map<String, String> files) throws IOException {
    Path tree = Files.createTempDirectory(work, "tree");
    for (var file : files.entrySet()) {
      Path path = tree.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    return cluster.git().repository(repository).commit("main", tree, "Change\n", Instant.now());
  }

  /** Applies an ImageBuild of this spec (YAML, indented by two). */
  ImageBuild apply(String name, String spec) {
    String yaml =
        """
        apiVersion: slipway.dev/v1alpha1
        kind: ImageBuild
        metadata: {name: %s, namespace: default}
        spec:
        %s
        """
            .formatted(name, spec.indent(2));
    return client
        .resource(new KubernetesSerialization().unmarshal(yaml, ImageBuild.class))
        .serverSideApply();
  }

  void annotate(String name, String annotation, String value) {
    client
        .resources(ImageBuild.class)
        .inNamespace("default")
        .withName(name)
        .edit(build -> {
          build.getMetadata().setAnnotations(Map.of(annotation, value));
          return build;
        });
  }

  ImageBuildStatus status(String name) {
    ImageBuild build =
        client.resources(ImageBuild.class).inNamespace("default").withName(name).require();
    return build.getStatus() == null ? ImageBuildStatus.EMPTY : build.getStatus();
  }

  /** Waits until the status, of the current generation, is as expected. */
  ImageBuildStatus await(String name, String what, Predicate<ImageBuildStatus> expected) {
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
                    && seen.getMetadata()
                        .getGeneration()
                        .equals(seen.getStatus().observedGeneration())
                    && expected.test(seen.getStatus());
              },
              PATIENCE_SECONDS,
              TimeUnit.SECONDS)
          .getStatus();
    } catch (KubernetesClientException e) {
      throw new AssertionError(
          name + " was never " + what + ", but " + (last[0] == null ? "" : last[0].getStatus()), e);
    }
  }

  /** Waits for the reason of the condition Ready. */
  ImageBuildStatus await(String name, String reason) {
    return await(name, reason, status -> reason(status).equals(reason));
  }

  /** Waits until this build, counted from 1, has ended well. */
  ImageBuildStatus built(String name, long number) {
    return await(
        name,
        "built " + number,
        status ->
            status.build() != null
                && Long.valueOf(number).equals(status.build().number())
                && reason(status).equals("Succeeded"));
  }

  static String reason(ImageBuildStatus status) {
    return status.condition("Ready").map(Condition::reason).orElse("");
  }

  List<Pod> pods(String name) {
    return client
        .pods()
        .inNamespace("default")
        .withLabel("slipway.dev/imagebuild", name)
        .list()
        .getItems();
  }

  @Override
  public void close() {
    operator.close();
    cluster.close();
  }
}
