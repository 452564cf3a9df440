package dev.slipway.e2e.operator;

import dev.slipway.api.ImageBuild;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.BuilderPod;
import dev.slipway.operator.pod.PodSettings;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;

/** What an API server takes with no operator at all: nothing that is measured can be better. */
final class ApiAlone {
  private final KubernetesClient client;
  private final Callers callers;

  ApiAlone(KubernetesClient client, Callers callers) {
    this.client = client;
    this.callers = callers;
  }

  /**
   * Creates ImageBuilds for nobody, and deletes them.
   *
   * @return milliseconds until each create was answered
   */
  List<Double> creates(int count, double perSecond) throws InterruptedException {
    String namespace = perSecond > 0 ? "plain-paced" : "plain";
    namespace(namespace);
    List<Double> took = Collections.synchronizedList(new ArrayList<>());
    callers.paced(
        count, perSecond, i -> took.add(timed(ScaleTest.manifest(namespace, "app-" + i))));
    client.resources(ImageBuild.class).inNamespace(namespace).delete();
    await(
        "the plain ImageBuilds are gone",
        () ->
            client
                .resources(ImageBuild.class)
                .inNamespace(namespace)
                .list(new ListOptionsBuilder().withLimit(1L).build())
                .getItems()
                .isEmpty());
    return took;
  }

  /**
   * An object is created at a rate, and whoever sees it creates another.
   *
   * @return milliseconds from the answer to the first create until the second is seen
   */
  List<Double> pairs(int count, double perSecond) throws InterruptedException {
    namespace("floor");
    Map<String, Long> answered = new ConcurrentHashMap<>();
    Map<String, Long> seen = new ConcurrentHashMap<>();
    try (SharedIndexInformer<ConfigMap> _ =
        client
            .configMaps()
            .inNamespace("floor")
            .inform(
                new ResourceEventHandler<ConfigMap>() {
                  @Override
                  public void onAdd(ConfigMap map) {
                    String name = map.getMetadata().getName();
                    if (name.startsWith("first-")) {
                      callers.later(() -> configMap("second-" + name.substring(6)));
                    } else if (name.startsWith("second-")) {
                      seen.put(name.substring(7), System.nanoTime());
                    }
                  }

                  @Override
                  public void onUpdate(ConfigMap before, ConfigMap map) {}

                  @Override
                  public void onDelete(ConfigMap map, boolean unknown) {}
                })) {
      callers.paced(
          count,
          perSecond,
          i -> {
            configMap("first-" + i);
            answered.put("" + i, System.nanoTime());
          });
      await("every second object is seen", () -> seen.size() >= count);
    }
    return answered.entrySet().stream()
        .map(e -> Math.max(0, (Objects.requireNonNull(seen.get(e.getKey())) - e.getValue()) / 1e6))
        .toList();
  }

  /**
   * The calls of a build's life by a client that knows what comes next: the ImageBuild, a look at
   * it, an Event, the pod, a status, and, once the simulated node has ended the pod, another one.
   *
   * @param finished an ImageBuild that an operator has built, for the sizes of its statuses
   * @return builds a second
   */
  double lives(int count, ImageBuild finished) throws InterruptedException {
    String namespace = "bare";
    namespace(namespace);
    long start = System.nanoTime();
    callers.paced(
        count,
        0,
        i -> {
          ImageBuild build = client.resource(ScaleTest.manifest(namespace, "app-" + i)).create();
          client.resource(build).get();
          client
              .resource(
                  new EventBuilder()
                      .withNewMetadata()
                      .withNamespace(namespace)
                      .withName("app-" + i)
                      .endMetadata()
                      .withNewInvolvedObject()
                      .withNamespace(namespace)
                      .withName("app-" + i)
                      .endInvolvedObject()
                      .build())
              .create();
          BuildRecord record =
              new BuildRecord(
                  1, 1, "SpecChanged", "", null, null, "2026-01-01T00:00:00Z", 1, Map.of());
          client
              .resource(
                  BuilderPod.of(build, record, PodSettings.of("slipway/builder:bench")).getFirst())
              .create();
          build.setStatus(finished.getStatus());
          ImageBuild written = client.resource(build).updateStatus();
          written.getMetadata().setResourceVersion(null);
          written.setStatus(finished.getStatus().toBuilder().observedGeneration(2L).build());
          client.resource(written).updateStatus();
        });
    await(
        "every bare pod has ended",
        () ->
            client
                    .pods()
                    .inNamespace(namespace)
                    .withField("status.phase", "Succeeded")
                    .list()
                    .getItems()
                    .size()
                >= count);
    return count / ((System.nanoTime() - start) / 1e9);
  }

  void namespace(String name) {
    create(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build());
  }

  /** Creates it; milliseconds until that is answered. */
  double timed(HasMetadata object) {
    long before = System.nanoTime();
    create(object);
    return (System.nanoTime() - before) / 1e6;
  }

  /** A create whose answer was lost is asked for again, and then found to be done. */
  private void create(HasMetadata object) {
    try {
      client.resource(object).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
  }

  private void configMap(String name) {
    create(
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(name)
            .withNamespace("floor")
            .endMetadata()
            .build());
  }

  private static void await(String what, BooleanSupplier condition) {
    Awaitility.await(what)
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(100))
        .until(condition::getAsBoolean);
  }
}
