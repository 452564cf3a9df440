package dev.slipway.e2e.kubernetes;

import dev.slipway.api.Condition;
import dev.slipway.api.ConditionStatus;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.operator.pod.BuilderPod;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** ImageBuilds of one namespace, and what came of them. */
record Builds(KubernetesClient client, String namespace) {

  /** Creates an ImageBuild; the text is its spec, indented by two. */
  ImageBuild create(String name, String spec) {
    return client.resource(parse(name, spec)).create();
  }

  private ImageBuild parse(String name, String spec) {
    String manifest =
        """
        apiVersion: slipway.dev/v1alpha1
        kind: ImageBuild
        metadata: {name: %s, namespace: %s}
        spec:
        """
                .formatted(name, namespace)
            + spec;
    return new KubernetesSerialization().unmarshal(manifest, ImageBuild.class);
  }

  Resource<ImageBuild> named(String name) {
    return client.resources(ImageBuild.class).inNamespace(namespace).withName(name);
  }

  /** Waits until it is Ready, or will not be so by itself. */
  ImageBuildStatus ended(String name) {
    return await(
        name,
        "end",
        5,
        seen ->
            seen.getStatus() != null
                && Objects.equals(
                    seen.getStatus().observedGeneration(), seen.getMetadata().getGeneration())
                && (is(seen.getStatus(), "Ready") || is(seen.getStatus(), "Stalled")));
  }

  /** Waits until its status has this reason. */
  ImageBuildStatus awaitReason(String name, String reason) {
    return await(
        name,
        "become " + reason,
        2,
        seen -> seen.getStatus() != null && reason.equals(seen.getStatus().reason()));
  }

  private ImageBuildStatus await(
      String name, String what, int minutes, Predicate<ImageBuild> expected) {
    try {
      return named(name)
          .waitUntilCondition(
              seen -> seen != null && expected.test(seen), minutes, TimeUnit.MINUTES)
          .getStatus();
    } catch (KubernetesClientTimeoutException e) {
      KubernetesSerialization yaml = client.getKubernetesSerialization();
      throw new AssertionError(
          name
              + " did not "
              + what
              + ": "
              + yaml.asYaml(named(name).get())
              + pods(name).stream()
                  .map(pod -> yaml.asYaml(pod.getStatus()))
                  .collect(Collectors.joining())
              + log(name),
          e);
    }
  }

  static boolean is(ImageBuildStatus status, String type) {
    return status.condition(type).map(Condition::status).orElse(ConditionStatus.UNKNOWN)
        == ConditionStatus.TRUE;
  }

  /** Its pods that are still there. */
  List<Pod> pods(String name) {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabel(BuilderPod.IMAGE_BUILD, name)
        .list()
        .getItems();
  }

  /** What its pods logged, for the message of a failure. */
  String log(String name) {
    return pods(name).stream().map(this::log).collect(Collectors.joining("\n"));
  }

  private String log(Pod pod) {
    String pods = "== " + pod.getMetadata().getName() + "\n";
    try {
      return pods
          + client.pods().inNamespace(namespace).withName(pod.getMetadata().getName()).getLog();
    } catch (KubernetesClientException e) {
      return pods + e.getMessage();
    }
  }
}
