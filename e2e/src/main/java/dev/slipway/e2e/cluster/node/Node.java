package dev.slipway.e2e.cluster.node;

import dev.slipway.e2e.cluster.api.PodLogs;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one node of the embedded cluster, and its scheduler: a pod becomes processes of this machine,
 * with its command, environment, volumes, termination message, log, deadline and grace period.
 *
 * <p>Not modelled: images (an {@link Images} says which program stands for which; a container sees
 * the files of this machine, its volumes, and a {@code /dev} of its own), the security context and
 * {@code hostUsers} (a container runs as the user of this JVM, as root of a user namespace if that
 * is not root), resource requests and limits, networks, probes, restarts ({@code restartPolicy}
 * other than {@code Never} is refused), affinity and taints.
 */
public final class Node implements AutoCloseable, PodLogs {
  public static final String NAME = "slipway-node";
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);

  private final KubernetesClient client;
  private final Path directory;
  private final Images images;
  private final int capacity;
  private final Clock clock = Clock.systemUTC();
  private final Map<String, String> labels =
      Map.of(
          "kubernetes.io/hostname",
          NAME,
          "kubernetes.io/os",
          "linux",
          "kubernetes.io/arch",
          arch());

  /** What the loop has still to look at: a pod as last seen. */
  private final BlockingQueue<Runnable> work = new LinkedBlockingQueue<>();

  private final Map<String, PodRunner> runners = new ConcurrentHashMap<>();
  private final Map<String, String> uids = new ConcurrentHashMap<>();
  private final Map<String, Pod> unscheduled = new LinkedHashMap<>();
  private final Thread loop;
  private SharedIndexInformer<Pod> informer;

  /**
   * Registers the node and starts to run pods.
   *
   * @param directory for volumes and logs; must exist
   * @param capacity how many pods run at once
   */
  @SuppressWarnings("NullAway.Init") // the informer needs the loop, which needs this
  public Node(KubernetesClient client, Path directory, Images images, int capacity) {
    this.client = client;
    this.directory = directory;
    this.images = images;
    this.capacity = capacity;
    register();
    loop = Thread.ofVirtual().name("node").start(this::loop);
    informer = client.pods().inAnyNamespace().inform(new Handler());
  }

  private static String arch() {
    return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
  }

  private void register() {
    String now = PodStatuses.time(clock.instant());
    var node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(NAME)
            .withLabels(labels)
            .endMetadata()
            .withNewSpec()
            .endSpec()
            .build();
    client.nodes().resource(node).create();
    node =
        new NodeBuilder(node)
            .withNewStatus()
            .addToCapacity("pods", new Quantity(Integer.toString(capacity)))
            .addToAllocatable("pods", new Quantity(Integer.toString(capacity)))
            .addNewCondition()
            .withType("Ready")
            .withStatus("True")
            .withReason("KubeletReady")
            .withMessage("the node runs pods as processes")
            .withLastHeartbeatTime(now)
            .withLastTransitionTime(now)
            .endCondition()
            .addNewAddress("127.0.0.1", "InternalIP")
            .withNewNodeInfo()
            .withKubeletVersion("v1.32.0+slipway-embedded")
            .withArchitecture(arch())
            .withOperatingSystem("linux")
            .endNodeInfo()
            .endStatus()
            .build();
    client.nodes().resource(node).updateStatus();
  }

  private final class Handler implements ResourceEventHandler<Pod> {
    @Override
    public void onAdd(Pod pod) {
      work.add(() -> look(pod));
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
      work.add(() -> look(pod));
    }

    @Override
    public void onDelete(Pod pod, boolean finalStateUnknown) {
      work.add(() -> forget(pod));
    }
  }

  private void loop() {
    try {
      while (true) {
        Runnable next = work.take();
        try {
          next.run();
        } catch (KubernetesClientException e) {
          LOG.warn("the node could not do its work: {}", e.getMessage());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(Pod pod) {
    String uid = pod.getMetadata().getUid();
    String node = pod.getSpec().getNodeName();
    boolean deleted = pod.getMetadata().getDeletionTimestamp() != null;
    if (node == null || node.isEmpty()) {
      if (!deleted) {
        unscheduled.putIfAbsent(uid, pod);
        schedule();
      }
    } else if (node.equals(NAME)) {
      if (deleted) {
        end(pod);
      } else if (!runners.containsKey(uid) && !isOver(pod)) {
        begin(pod);
      }
    }
  }

  private static boolean isOver(Pod pod) {
    String phase = pod.getStatus() == null ? "" : pod.getStatus().getPhase();
    return "Succeeded".equals(phase) || "Failed".equals(phase);
  }

  private void schedule() {
    for (Pod pod : List.copyOf(unscheduled.values())) {
      EventLog events = new EventLog(client, pod, "default-scheduler", clock);
      String obstacle = obstacle(pod);
      String namespace = pod.getMetadata().getNamespace();
      if (obstacle.isEmpty()) {
        unscheduled.remove(pod.getMetadata().getUid());
        // Counted before the informer tells of it, or two pods would take the last place.
        PodRunner runner = runner(pod);
        runners.put(pod.getMetadata().getUid(), runner);
        bind(pod);
        events.normal(
            "Scheduled",
            "Successfully assigned %s/%s to %s"
                .formatted(namespace, pod.getMetadata().getName(), NAME));
        runner.start();
      } else if (!alreadySaid(pod, obstacle)) {
        Pod update =
            new PodBuilder(pod)
                .editMetadata()
                .withResourceVersion(null)
                .endMetadata()
                .withStatus(PodStatuses.unschedulable(pod, obstacle, clock.instant()))
                .build();
        unscheduled.put(pod.getMetadata().getUid(), update);
        client.pods().inNamespace(namespace).resource(update).updateStatus();
        events.warning("FailedScheduling", obstacle);
      }
    }
  }

  private static boolean alreadySaid(Pod pod, String obstacle) {
    return pod.getStatus() != null
        && pod.getStatus().getConditions().stream()
            .anyMatch(condition -> obstacle.equals(condition.getMessage()));
  }

  private String obstacle(Pod pod) {
    Map<String, String> wanted = pod.getSpec().getNodeSelector();
    if (wanted != null && !labels.entrySet().containsAll(wanted.entrySet())) {
      return "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
    }
    long running = runners.values().stream().filter(runner -> !runner.isFinished()).count();
    return running >= capacity ? "0/1 nodes are available: 1 Too many pods." : "";
  }

  private void bind(Pod pod) {
    client
        .bindings()
        .inNamespace(pod.getMetadata().getNamespace())
        .resource(
            new BindingBuilder()
                .withNewMetadata()
                .withName(pod.getMetadata().getName())
                .endMetadata()
                .withNewTarget()
                .withApiVersion("v1")
                .withKind("Node")
                .withName(NAME)
                .endTarget()
                .build())
        .create();
    pod.getSpec().setNodeName(NAME);
  }

  private PodRunner runner(Pod pod) {
    uids.put(
        key(pod.getMetadata().getNamespace(), pod.getMetadata().getName()),
        pod.getMetadata().getUid());
    return new PodRunner(
        client,
        pod,
        images,
        directory.resolve("pods").resolve(pod.getMetadata().getUid()),
        directory.resolve("claims"),
        clock,
        () -> work.add(this::schedule));
  }

  private static String key(String namespace, String name) {
    return namespace + "/" + name;
  }

  /** A pod that names this node itself, past the scheduler. */
  private void begin(Pod pod) {
    PodRunner runner = runner(pod);
    runners.put(pod.getMetadata().getUid(), runner);
    runner.start();
  }

  /** Ends a deleted pod, then confirms the deletion: what a kubelet does last. */
  private void end(Pod pod) {
    PodRunner runner = runners.get(pod.getMetadata().getUid());
    Long grace = pod.getMetadata().getDeletionGracePeriodSeconds();
    Thread.ofVirtual()
        .name("end of " + pod.getMetadata().getName())
        .start(() -> {
          try {
            if (runner != null) {
              runner.stop(Duration.ofSeconds(grace == null ? 30 : grace));
            }
            confirm(pod);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private void confirm(Pod pod) {
    PodResource resource =
        client
            .pods()
            .inNamespace(pod.getMetadata().getNamespace())
            .withName(pod.getMetadata().getName());
    try {
      Pod present = resource.get();
      // The name may have been given to another pod, if this one was deleted by force.
      if (present != null && present.getMetadata().getUid().equals(pod.getMetadata().getUid())) {
        resource.withGracePeriod(0).delete();
      }
    } catch (KubernetesClientException e) {
      LOG.debug("deletion of pod {}: {}", pod.getMetadata().getName(), e.getMessage());
    }
  }

  private void forget(Pod pod) {
    String uid = pod.getMetadata().getUid();
    unscheduled.remove(uid);
    PodRunner runner = runners.remove(uid);
    if (runner != null) {
      uids.remove(key(pod.getMetadata().getNamespace(), pod.getMetadata().getName()), uid);
      Thread.ofVirtual()
          .name("burial of " + pod.getMetadata().getName())
          .start(() -> bury(runner, uid));
    }
    schedule();
  }

  /** Ends what may still run of a pod that is gone, then removes its volumes and logs. */
  private void bury(PodRunner runner, String uid) {
    try {
      runner.stop(Duration.ZERO);
      delete(directory.resolve("pods").resolve(uid));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void delete(Path tree) {
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("left behind: {}: {}", tree, e.getMessage());
    }
  }

  @Override
  public boolean write(String namespace, String pod, Options options, OutputStream out)
      throws IOException, InterruptedException {
    String uid = uids.get(key(namespace, pod));
    PodRunner runner = uid == null ? null : runners.get(uid);
    return runner != null && runner.writeLog(options, out);
  }

  /** Ends what runs, at once; returns when it has ended. Pods stay in the API. Idempotent. */
  @Override
  public void close() {
    informer.close();
    loop.interrupt();
    try {
      for (PodRunner runner : runners.values()) {
        runner.stop(Duration.ZERO);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
