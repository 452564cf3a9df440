package dev.slipway.operator;

import dev.slipway.api.ImageBuild;
import dev.slipway.operator.client.Transport;
import dev.slipway.operator.imagebuild.Policy;
import dev.slipway.operator.pod.PodSettings;
import dev.slipway.operator.queue.Limits;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * An API server that stores and watches, and nothing more: it has no admission, no defaulting, no
 * garbage collection, no scheduler and no kubelet. Tests play those.
 */
public final class MockCluster implements AutoCloseable {
  private final KubernetesMockServer server;
  public final KubernetesClient client;

  public MockCluster() {
    Map<ServerRequest, Queue<ServerResponse>> responses = new HashMap<>();
    KubernetesMixedDispatcher store = new KubernetesMixedDispatcher(responses);
    store.expectCustomResource(
        CustomResourceDefinitionContext.fromCustomResourceType(ImageBuild.class));
    server =
        new KubernetesMockServer(
            new Context(), new MockWebServer(), responses, new EventFields(store), false);
    server.init();
    HttpClient.Factory http = new Transport();
    client = server.createClient(http);
  }

  /** The mock knows no field selector of events and would find none; callers filter themselves. */
  private static final class EventFields extends Dispatcher {
    private final KubernetesMixedDispatcher store;

    EventFields(KubernetesMixedDispatcher store) {
      this.store = store;
    }

    @Override
    public MockResponse dispatch(RecordedRequest request) {
      if (!request.getPath().contains("fieldSelector=involvedObject")) {
        return store.dispatch(request);
      }
      return store.dispatch(
          new RecordedRequest(
              request.getHttpVersion(),
              request.method(),
              request.getPath().replaceFirst("[?&]fieldSelector=[^&]*", ""),
              request.getHeaders(),
              request.getBody()));
    }
  }

  public Operator operator() {
    PodSettings pod = PodSettings.of("slipway:test");
    Policy policy =
        new Policy(
            pod,
            Duration.ofMillis(50),
            Duration.ofMillis(200),
            Duration.ofSeconds(30),
            Limits.NONE,
            600);
    return Operator.start(
        client,
        new OperatorSettings(
            List.of(), policy, Duration.ofMinutes(10), null, OperatorSettings.NO_PORT));
  }

  public List<Pod> pods() {
    return client.pods().inNamespace("team").list().getItems();
  }

  public ImageBuild get(String name) {
    return client.resources(ImageBuild.class).inNamespace("team").withName(name).require();
  }

  public void start(Pod pod) {
    status(pod, "Running", null, null);
  }

  public void finish(Pod pod, boolean success, @Nullable String message) {
    status(pod, success ? "Succeeded" : "Failed", success ? 0 : 1, message);
  }

  private void status(Pod pod, String phase, @Nullable Integer exit, @Nullable String message) {
    String now = Instant.now().toString();
    var container = new ContainerStatusBuilder().withName("build");
    container =
        exit == null
            ? container.withNewState().withNewRunning(now).endState()
            : container
                .withNewState()
                .withNewTerminated()
                .withExitCode(exit)
                .withStartedAt(now)
                .withFinishedAt(now)
                .withMessage(message)
                .endTerminated()
                .endState();
    var built = container.build();
    client
        .pods()
        .inNamespace(pod.getMetadata().getNamespace())
        .withName(pod.getMetadata().getName())
        .editStatus(p -> {
          p.setStatus(new PodStatusBuilder().withPhase(phase).withContainerStatuses(built).build());
          return p;
        });
  }

  @Override
  public void close() {
    client.close();
    server.destroy();
  }
}
