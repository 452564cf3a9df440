package dev.slipway.e2e.operator;

import dev.slipway.api.ImageBuild;
import dev.slipway.e2e.cluster.api.ApiServer;
import dev.slipway.e2e.cluster.api.PodLogs;
import dev.slipway.e2e.kubernetes.ControlPlane;
import dev.slipway.e2e.kubernetes.Daemon;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * An API server with the CRD installed, and nobody who runs pods: the embedded one, or a real one.
 */
final class Api implements AutoCloseable {
  private static final String CRD = "/dev/slipway/api/imagebuilds.slipway.dev.yaml";

  private final AutoCloseable server;
  private final Consumer<PodLogs> logs;
  private final Config config;
  private final KubernetesClient client;

  private final String kubeconfig;

  private Api(AutoCloseable server, Config config, String kubeconfig, Consumer<PodLogs> logs) {
    this.server = server;
    this.logs = logs;
    // Many tests in one: the library's own limits, five requests at once, are meant for people.
    this.config =
        new ConfigBuilder(config)
            .withMaxConcurrentRequests(256)
            .withMaxConcurrentRequestsPerHost(256)
            .withRequestTimeout(60_000)
            .build();
    this.kubeconfig = kubeconfig;
    client = new KubernetesClientBuilder().withConfig(this.config).build();
  }

  /** The programs that it is; the embedded one is part of this process. */
  List<Daemon> daemons() {
    return server instanceof ControlPlane control ? control.daemons() : List.of();
  }

  static Api embedded() throws IOException {
    ApiServer api = ApiServer.start();
    try (InputStream crd = crd()) {
      api.install(crd);
    }
    return new Api(api, api.clientConfig(), api.kubeconfig(), api::setPodLogs);
  }

  /**
   * A real one: of this machine, without a node, or the one that {@code SLIPWAY_E2E_KUBECONFIG} is
   * of.
   */
  static Api real(Path directory) throws IOException {
    String given = System.getenv("SLIPWAY_E2E_KUBECONFIG");
    return given == null ? started(directory) : of(Path.of(given));
  }

  private static Api of(Path kubeconfig) throws IOException {
    String content = Files.readString(kubeconfig);
    return installed(new Api(() -> {}, Config.fromKubeconfig(content), content, Api::noLogs));
  }

  private static void noLogs(PodLogs logs) {
    throw new UnsupportedOperationException("a real API server asks its kubelets");
  }

  private static Api started(Path directory) throws IOException {
    ControlPlane control = ControlPlane.start(ControlPlane.CURRENT, directory);
    Api api =
        new Api(
            control, control.clientConfig(), Files.readString(control.kubeconfig()), Api::noLogs);
    return installed(api);
  }

  private static Api installed(Api api) throws IOException {
    try (InputStream crd = crd()) {
      api.client.load(crd).serverSideApply();
    }
    api.client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("imagebuilds.slipway.dev")
        .waitUntilCondition(Api::established, 60, TimeUnit.SECONDS);
    // It is established before it is served from the API server's cache.
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .ignoreExceptions()
        .until(() ->
            api.client
                    .resources(ImageBuild.class)
                    .inAnyNamespace()
                    .list(new ListOptionsBuilder().withResourceVersion("0").build())
                != null);
    return api;
  }

  private static boolean established(@Nullable CustomResourceDefinition crd) {
    return crd != null
        && crd.getStatus() != null
        && crd.getStatus().getConditions() != null
        && crd.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }

  private static InputStream crd() {
    return Objects.requireNonNull(ImageBuild.class.getResourceAsStream(CRD));
  }

  Config config() {
    return config;
  }

  /** Says who answers for logs; only the embedded one can be told. */
  void logs(PodLogs source) {
    logs.accept(source);
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
    try {
      server.close();
    } catch (Exception e) {
      throw new IllegalStateException("the API server did not stop", e);
    }
  }
}
