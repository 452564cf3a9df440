package dev.slipway.e2e.operator;

import dev.slipway.api.ImageBuild;
import dev.slipway.e2e.cluster.api.ApiServer;
import dev.slipway.e2e.cluster.api.PodLogs;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An API server with the CRD installed, and nobody who runs pods: the embedded one, or the real one
 * that {@code SLIPWAY_E2E_KUBECONFIG} names.
 */
final class ControlPlane implements AutoCloseable {
  private static final String CRD = "/dev/slipway/api/imagebuilds.slipway.dev.yaml";

  private final @Nullable ApiServer embedded;
  private final Config config;
  private final KubernetesClient client;

  private final String kubeconfig;

  private ControlPlane(@Nullable ApiServer embedded, Config config, String kubeconfig) {
    this.embedded = embedded;
    this.config = config;
    this.kubeconfig = kubeconfig;
    client = new KubernetesClientBuilder().withConfig(config).build();
  }

  static ControlPlane embedded() throws IOException {
    ApiServer api = ApiServer.start();
    try (InputStream crd = crd()) {
      api.install(crd);
    }
    return new ControlPlane(api, api.clientConfig(), api.kubeconfig());
  }

  /** Empty where none is named. */
  static Optional<ControlPlane> real() throws IOException {
    String kubeconfig = System.getenv("SLIPWAY_E2E_KUBECONFIG");
    if (kubeconfig == null || kubeconfig.isEmpty()) {
      return Optional.empty();
    }
    String text = Files.readString(Path.of(kubeconfig));
    ControlPlane plane = new ControlPlane(null, Config.fromKubeconfig(text), text);
    try (InputStream crd = crd()) {
      plane.client.load(crd).serverSideApply();
    }
    plane
        .client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("imagebuilds.slipway.dev")
        .waitUntilCondition(
            c ->
                c != null
                    && c.getStatus() != null
                    && c.getStatus().getConditions().stream()
                        .anyMatch(
                            x -> x.getType().equals("Established") && x.getStatus().equals("True")),
            30,
            java.util.concurrent.TimeUnit.SECONDS);
    return Optional.of(plane);
  }

  private static InputStream crd() {
    return Objects.requireNonNull(ImageBuild.class.getResourceAsStream(CRD));
  }

  boolean isReal() {
    return embedded == null;
  }

  Config config() {
    return config;
  }

  /** Says who answers for logs; only the embedded one can be told. */
  void logs(PodLogs source) {
    Objects.requireNonNull(embedded).setPodLogs(source);
  }

  /** What a kubeconfig file of it says. */
  String kubeconfig() {
    return kubeconfig;
  }

  /** A client that goes straight to the API server. */
  KubernetesClient client() {
    return client;
  }

  void namespace(String name) {
    client
        .namespaces()
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
  }

  @Override
  public void close() {
    client.close();
    if (embedded != null) {
      embedded.close();
    }
  }
}
