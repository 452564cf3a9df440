package dev.slipway.e2e.operator;

import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.BuilderPod;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * Says of every builder pod that it runs, and then what came of it, as a script has it. It keeps
 * account of every pod that was ever created. It does not model scheduling, pulls, mounts, logs or
 * a grace period: its pods are bound to no node, so the API server deletes them at once.
 */
final class SimulatedNode implements AutoCloseable {
  /** What becomes of a pod. */
  sealed interface Fate {
    record Success() implements Fate {}

    /** A RUN fails: nothing to retry. */
    record RunFails() implements Fate {}

    /** The node is short of memory: another attempt is worth it. */
    record Evicted() implements Fate {}

    /** It runs until somebody deletes it. */
    record RunsOn() implements Fate {}
  }

  /**
   * A pod that was created.
   *
   * @param created when the watch told of it ({@link System#nanoTime()})
   */
  record Born(String namespace, String name, String uid, BuildRecord build, long created) {}

  private final KubernetesClient client;
  private final Function<Born, Fate> script;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Born> born = new ConcurrentHashMap<>();
  private final Map<String, Queue<Born>> byNamespace = new ConcurrentHashMap<>();
  private final Map<String, Boolean> running = new ConcurrentHashMap<>();
  private final SharedIndexInformer<Pod> watch;

  SimulatedNode(KubernetesClient client, Function<Born, Fate> script) {
    this.client = client;
    this.script = script;
    watch =
        client
            .pods()
            .inAnyNamespace()
            .withLabelSelector(BuilderPod.SELECTOR)
            // An informer, not a bare watch: that one an API server on an older etcd refuses.
            .inform(
                new ResourceEventHandler<Pod>() {
                  @Override
                  public void onAdd(Pod pod) {
                    received(pod);
                  }

                  @Override
                  public void onUpdate(Pod before, Pod pod) {}

                  @Override
                  public void onDelete(Pod pod, boolean unknown) {}
                });
  }

  /** Every pod that was created in the namespace, dead or alive. */
  List<Born> born(String namespace) {
    return List.copyOf(byNamespace.getOrDefault(namespace, new ConcurrentLinkedQueue<>()));
  }

  /** How many pods were ever created. */
  long count() {
    return born.size();
  }

  /** A pod of that namespace that runs or has run. */
  Optional<Born> started(String namespace, long number) {
    return born(namespace).stream()
        .filter(b -> b.build().number() == number && running.containsKey(b.uid()))
        .findFirst();
  }

  private void received(Pod pod) {
    long now = System.nanoTime();
    Born arrival =
        new Born(
            pod.getMetadata().getNamespace(),
            pod.getMetadata().getName(),
            pod.getMetadata().getUid(),
            BuildRecord.of(pod).orElseThrow(),
            now);
    if (born.putIfAbsent(arrival.uid(), arrival) != null) {
      return;
    }
    byNamespace
        .computeIfAbsent(arrival.namespace(), _ -> new ConcurrentLinkedQueue<>())
        .add(arrival);
    if (pod.getStatus() == null || !"Succeeded".equals(pod.getStatus().getPhase())) {
      threads.execute(() -> live(arrival));
    }
  }

  private void live(Born pod) {
    String started = Instant.now().toString();
    boolean runs =
        write(
            pod,
            new PodStatusBuilder()
                .withPhase("Running")
                .withStartTime(started)
                .withContainerStatuses(running(started))
                .build());
    if (!runs) {
      return;
    }
    running.put(pod.uid(), true);
    switch (script.apply(pod)) {
      case Fate.RunsOn() -> {}
      case Fate.Success() -> write(pod, ended("Succeeded", started, 0, success(pod)).build());
      case Fate.RunFails() -> write(pod, ended("Failed", started, 1, FAILURE).build());
      case Fate.Evicted() ->
          write(
              pod,
              ended("Failed", started, 137, "")
                  .withReason("Evicted")
                  .withMessage("The node was low on resource: memory.")
                  .build());
    }
  }

  /** Ends a pod that runs on. */
  void finish(Born pod) {
    write(pod, ended("Succeeded", Instant.now().toString(), 0, success(pod)).build());
  }

  private static ContainerStatus running(String started) {
    return container().withNewState().withNewRunning(started).endState().build();
  }

  private static PodStatusBuilder ended(String phase, String started, int code, String message) {
    return new PodStatusBuilder()
        .withPhase(phase)
        .withStartTime(started)
        .withContainerStatuses(
            container()
                .withNewState()
                .withNewTerminated()
                .withExitCode(code)
                .withStartedAt(started)
                .withFinishedAt(Instant.now().toString())
                .withMessage(message)
                .withReason(code == 0 ? "Completed" : "Error")
                .endTerminated()
                .endState()
                .build());
  }

  private static ContainerStatusBuilder container() {
    return new ContainerStatusBuilder()
        .withName(BuilderPod.CONTAINER)
        .withImage("slipway/builder")
        .withImageID("slipway/builder")
        .withReady(false)
        .withRestartCount(0);
  }

  /** The digest is a function of the pod, so that a test knows which pod a status speaks of. */
  static String digest(Born pod) {
    return "sha256:" + dev.slipway.operator.digest.Sha256.hex(pod.uid());
  }

  private static String success(Born pod) {
    return """
    {"version":1,"outcome":"Succeeded","image":"registry.example.com/team/app@%s","digest":"%s",\
    "tags":[],"size":123,"platforms":["linux/amd64"],"cache":{"hits":3,"misses":2},\
    "stages":[{"name":"app","seconds":1.5,"steps":5,"cached":3}]}\
    """
        .formatted(digest(pod), digest(pod));
  }

  private static final String FAILURE =
      """
      {"version":1,"outcome":"Failed","failure":{"reason":"RunFailed","message":"the command \
      'make' returned a non-zero code: 2","stage":"app","instruction":"RUN make","file":\
      "Dockerfile","line":3,"exitCode":2,"retryable":false,"logTail":["make: no target"]}}\
      """;

  private boolean write(Born pod, PodStatus status) {
    Pod patch =
        new PodBuilder()
            .withNewMetadata()
            .withNamespace(pod.namespace())
            .withName(pod.name())
            .withUid(pod.uid()) // never another pod of that name
            .endMetadata()
            .withStatus(status)
            .build();
    for (int attempt = 1; ; attempt++) {
      try {
        client
            .pods()
            .inNamespace(pod.namespace())
            .withName(pod.name())
            .subresource("status")
            .patch(PatchContext.of(PatchType.JSON_MERGE), patch);
        return true;
      } catch (KubernetesClientException e) {
        if (e.getCode() == 404 || e.getCode() == 409 || e.getCode() == 422) {
          return false; // deleted meanwhile
        }
        // As a kubelet does: an API server that is flooded answers late, or not at all (code 0).
        boolean busy = e.getCode() == 0 || e.getCode() == 429 || e.getCode() >= 500;
        if (!busy || attempt == 10) {
          throw e;
        }
      }
    }
  }

  @Override
  public void close() {
    watch.close();
    threads.shutdownNow();
  }
}
