package dev.slipway.e2e.real;

import dev.slipway.api.Condition;
import dev.slipway.api.ConditionStatus;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Applies ImageBuilds as {@code kubectl apply} does, and waits for what the operator says. */
final class ImageBuilds {
  private final KubernetesClient client;
  private final Duration patience;

  ImageBuilds(KubernetesClient client, Duration patience) {
    this.client = client;
    this.patience = patience;
  }

  /** Applies, and waits until the operator has come to an end with it, be it good or bad. */
  ImageBuildStatus settled(String name, String spec) {
    return until(
        name, spec, status -> isTrue(status, "Ready") || isTrue(status, "Stalled"), "an end");
  }

  /** Applies, and waits until that is the reason why the build is where it is. */
  ImageBuildStatus reason(String name, String spec, String reason) {
    return until(name, spec, status -> reason.equals(ready(status).reason()), reason);
  }

  private ImageBuildStatus until(
      String name, String spec, Predicate<ImageBuildStatus> done, String wanted) {
    String yaml =
        """
        apiVersion: slipway.dev/v1alpha1
        kind: ImageBuild
        metadata: {name: %s, namespace: default}
        spec:
        %s\
        """
            .formatted(name, spec.indent(2));
    ImageBuild applied =
        client
            .resource(new KubernetesSerialization().unmarshal(yaml, ImageBuild.class))
            .serverSideApply();
    Long generation = applied.getMetadata().getGeneration();
    ImageBuild[] last = {applied};
    try {
      return client
          .resources(ImageBuild.class)
          .inNamespace("default")
          .withName(name)
          .waitUntilCondition(
              seen -> {
                last[0] = seen == null ? last[0] : seen;
                return seen != null
                    && seen.getStatus() != null
                    && generation.equals(seen.getStatus().observedGeneration())
                    && done.test(seen.getStatus());
              },
              patience.toMillis(),
              TimeUnit.MILLISECONDS)
          .getStatus();
    } catch (KubernetesClientException e) {
      throw new AssertionError(
          "%s did not come to %s, but to %s".formatted(name, wanted, last[0].getStatus()), e);
    }
  }

  /** The condition that is always there. */
  static Condition ready(ImageBuildStatus status) {
    return status.condition("Ready").orElseThrow();
  }

  static boolean isTrue(ImageBuildStatus status, String type) {
    return status
        .condition(type)
        .map(Condition::status)
        .filter(ConditionStatus.TRUE::equals)
        .isPresent();
  }

  /** A Secret for {@code pushSecretRef}. */
  void login(String name, String dockerConfig) {
    client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .withType("kubernetes.io/dockerconfigjson")
                .withStringData(Map.of(".dockerconfigjson", dockerConfig))
                .build())
        .create();
  }

  /** A {@code config.json} with one login. */
  static String dockerConfig(String host, String user, String password) {
    String pair = user + ":" + password;
    return "{\"auths\": {\"%s\": {\"auth\": \"%s\"}}}"
        .formatted(host, Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
  }
}
