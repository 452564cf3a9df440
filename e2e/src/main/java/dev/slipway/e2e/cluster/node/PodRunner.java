package dev.slipway.e2e.cluster.node;

import dev.slipway.e2e.cluster.api.PodLogs;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pod on this node, from its first volume to its last container, on a thread of its own. Init
 * containers run one after the other, the others side by side; nothing is restarted.
 */
final class PodRunner {
  private static final Logger LOG = LoggerFactory.getLogger(PodRunner.class);
  private static final Duration RETRY = Duration.ofMillis(500);
  private static final int TERMINATION_MESSAGE_BYTES = 4096;

  private final KubernetesClient client;
  private final Pod pod;
  private final Images images;
  private final Path directory;
  private final Path claims;
  private final Clock clock;
  private final Runnable ended;
  private final EventLog events;
  private final Instant started;
  private final Map<String, ContainerState> states = new ConcurrentHashMap<>();
  private final Map<String, ContainerProcess> processes = new ConcurrentHashMap<>();
  private final Set<String> unready = ConcurrentHashMap.newKeySet();
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final CountDownLatch finished = new CountDownLatch(1);
  private PodStatuses.@Nullable Verdict verdict;
  private @Nullable PodStatus published;

  PodRunner(
      KubernetesClient client,
      Pod pod,
      Images images,
      Path directory,
      Path claims,
      Clock clock,
      Runnable ended) {
    this.client = client;
    this.pod = pod;
    this.images = images;
    this.directory = directory;
    this.claims = claims;
    this.clock = clock;
    this.ended = ended;
    events = new EventLog(client, pod, "kubelet", clock);
    started = clock.instant();
  }

  void start() {
    Thread.ofVirtual().name("pod " + pod.getMetadata().getName()).start(this::run);
    Long deadline = pod.getSpec().getActiveDeadlineSeconds();
    if (deadline != null) {
      Thread.ofVirtual().name("deadline").start(() -> enforce(Duration.ofSeconds(deadline)));
    }
  }

  private void run() {
    try {
      if (!"Never".equals(pod.getSpec().getRestartPolicy())) {
        fail("UnsupportedRestartPolicy", "this node restarts nothing: set restartPolicy to Never");
        return;
      }
      Files.createDirectories(directory);
      publish();
      Map<String, Volumes.Mounted> volumes = mountVolumes();
      for (Container container : pod.getSpec().getInitContainers()) {
        runContainer(container, volumes);
        if (!succeeded(container)) {
          return;
        }
      }
      List<Thread> threads = new ArrayList<>();
      for (Container container : pod.getSpec().getContainers()) {
        threads.add(
            Thread.ofVirtual()
                .name("container " + container.getName())
                .start(() -> runContainerQuietly(container, volumes)));
      }
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (Stopped e) {
      LOG.debug("pod {} was stopped before it ran", pod.getMetadata().getName());
    } catch (IOException e) {
      LOG.warn("pod {}", pod.getMetadata().getName(), e);
      fail("NodeFailure", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      publish();
      finished.countDown();
      ended.run();
    }
  }

  /** The pod is to end before it has begun. */
  private static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private boolean succeeded(Container container) {
    ContainerState state = states.get(container.getName());
    return state != null
        && state.getTerminated() != null
        && state.getTerminated().getExitCode() == 0;
  }

  private Map<String, Volumes.Mounted> mountVolumes() throws IOException, InterruptedException {
    Volumes volumes = new Volumes(client, pod, directory.resolve("volumes"), claims);
    while (true) {
      try {
        return volumes.mount();
      } catch (ConfigException e) {
        events.warning("FailedMount", e.text());
      }
      pause();
    }
  }

  /** Between two tries of what may come right. */
  private void pause() throws InterruptedException {
    if (stopping.await(RETRY.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new Stopped();
    }
  }

  private void runContainerQuietly(Container container, Map<String, Volumes.Mounted> volumes) {
    try {
      runContainer(container, volumes);
    } catch (Stopped e) {
      LOG.debug("container {} was stopped before it ran", container.getName());
    } catch (IOException e) {
      LOG.warn("container {}", container.getName(), e);
      fail("NodeFailure", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void runContainer(Container container, Map<String, Volumes.Mounted> volumes)
      throws IOException, InterruptedException {
    String name = container.getName();
    Images.Image image = image(container);
    Map<String, String> env = environment(container, image);
    Path own = Files.createDirectories(directory.resolve("containers").resolve(name));
    Path message = Files.write(own.resolve("termination-message"), new byte[0]);
    List<RootPlan.Bind> binds = new ArrayList<>();
    binds.add(new RootPlan.Bind(message, Path.of(container.getTerminationMessagePath()), false));
    for (VolumeMount mount : container.getVolumeMounts()) {
      binds.add(Volumes.bind(mount, volumes, env));
    }
    for (Path file : image.files()) {
      if (binds.stream().anyMatch(bind -> file.startsWith(bind.target()))) {
        binds.add(new RootPlan.Bind(file, file, true));
      }
    }
    List<String> command = new ArrayList<>();
    boolean ownCommand = container.getCommand() != null && !container.getCommand().isEmpty();
    (ownCommand ? container.getCommand() : image.entrypoint())
        .forEach(word -> command.add(PodFields.expand(word, env)));
    container.getArgs().forEach(word -> command.add(PodFields.expand(word, env)));
    String dir = container.getWorkingDir() == null ? "/" : container.getWorkingDir();
    ContainerProcess process;
    synchronized (this) {
      if (stopping.getCount() == 0) {
        throw new Stopped();
      }
      process = ContainerProcess.start(own, binds, command, env, dir, clock);
      processes.put(name, process);
    }
    Instant since = clock.instant();
    states.put(name, PodStatuses.running(since));
    events.normal("Started", "Started container " + name);
    publish();
    Thread probe = Thread.ofVirtual().name("probe " + name).start(() -> probe(container, process));
    int exit = process.waitFor();
    probe.interrupt();
    states.put(name, terminated(container, process, exit, since, message));
    publish();
  }

  /** An exec readiness probe; of its settings, only the period counts. */
  private void probe(Container container, ContainerProcess process) {
    Probe probe = container.getReadinessProbe();
    if (probe == null || probe.getExec() == null) {
      return;
    }
    String name = container.getName();
    Duration period =
        Duration.ofSeconds(probe.getPeriodSeconds() == null ? 10 : probe.getPeriodSeconds());
    try {
      while (true) {
        Thread.sleep(period);
        Optional<String> trouble = process.exec(probe.getExec().getCommand());
        boolean changed = trouble.isPresent() ? unready.add(name) : unready.remove(name);
        trouble.ifPresent(t -> events.warning("Unhealthy", "Readiness probe failed: " + t));
        if (changed) {
          publish();
        }
      }
    } catch (IOException e) {
      LOG.warn("the probe of container {}", name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Images.Image image(Container container) throws InterruptedException {
    while (true) {
      var image = images.find(container.getImage());
      if (image.isPresent()) {
        events.normal(
            "Pulled",
            "Container image \"%s\" already present on machine".formatted(container.getImage()));
        return image.get();
      }
      String message = "Failed to pull image \"%s\": not found".formatted(container.getImage());
      events.warning("Failed", message);
      waiting(container, "ErrImagePull", message);
      pause();
    }
  }

  private Map<String, String> environment(Container container, Images.Image image)
      throws InterruptedException {
    while (true) {
      try {
        return new Environment(client, pod).of(container, image.env());
      } catch (ConfigException e) {
        events.warning("Failed", "Error: " + e.text());
        waiting(container, e.reason(), e.text());
      }
      pause();
    }
  }

  private void waiting(Container container, String reason, String message) {
    ContainerState state = PodStatuses.waiting(reason, message);
    if (!state.equals(states.put(container.getName(), state))) {
      publish();
    }
  }

  private ContainerState terminated(
      Container container, ContainerProcess process, int exit, Instant since, Path messageFile)
      throws IOException, InterruptedException {
    Instant now = clock.instant();
    if (!process.wasReady()) {
      String why = process.log().lastLines().strip();
      events.warning("Failed", "Error: " + why);
      return PodStatuses.terminated("StartError", 128, why, since, now);
    }
    String message = terminationMessage(messageFile);
    boolean fallBack = "FallbackToLogsOnError".equals(container.getTerminationMessagePolicy());
    if (message.isEmpty() && exit != 0 && fallBack) {
      message = process.log().lastLines();
    }
    String reason = exit == 0 ? "Completed" : "Error";
    return PodStatuses.terminated(reason, exit, message.isEmpty() ? null : message, since, now);
  }

  private static String terminationMessage(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(TERMINATION_MESSAGE_BYTES), StandardCharsets.UTF_8);
    }
  }

  private void enforce(Duration deadline) {
    try {
      if (!finished.await(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        fail("DeadlineExceeded", "Pod was active on the node longer than the specified deadline");
        stop(Duration.ofSeconds(grace()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long grace() {
    Long grace = pod.getSpec().getTerminationGracePeriodSeconds();
    return grace == null ? 30 : grace;
  }

  private synchronized void fail(String reason, String message) {
    if (verdict == null) {
      verdict = new PodStatuses.Verdict(reason, message);
    }
  }

  private synchronized PodStatuses.@Nullable Verdict verdict() {
    return verdict;
  }

  /** Ends the containers; returns when the pod has its last status. */
  void stop(Duration grace) throws InterruptedException {
    List<ContainerProcess> running;
    synchronized (this) {
      stopping.countDown();
      running = List.copyOf(processes.values());
    }
    if (finished.getCount() > 0) {
      processes.forEach((name, process) -> events.normal("Killing", "Stopping container " + name));
    }
    for (ContainerProcess process : running) {
      process.stop(grace);
    }
    finished.await();
  }

  boolean isFinished() {
    return finished.getCount() == 0;
  }

  /** Answers {@code kubectl logs}; false if the container has not started. */
  boolean writeLog(PodLogs.Options options, OutputStream out)
      throws IOException, InterruptedException {
    ContainerProcess process = processes.get(options.container());
    if (process == null) {
      return false;
    }
    process.log().read(options, out);
    return true;
  }

  /** Tells the API how things stand; one at a time, or an older status would follow a newer. */
  private void publish() {
    synchronized (states) {
      PodStatus status =
          PodStatuses.of(
              pod,
              published,
              Map.copyOf(states),
              Set.copyOf(unready),
              verdict(),
              started,
              clock.instant());
      published = status;
      Pod update =
          new PodBuilder(pod)
              .editMetadata()
              .withResourceVersion(null)
              .endMetadata()
              .withStatus(status)
              .build();
      try {
        client.pods().inNamespace(pod.getMetadata().getNamespace()).resource(update).updateStatus();
      } catch (KubernetesClientException e) {
        // Deleted by force, or by its owner's end: there is nobody left to tell.
        LOG.debug("status of pod {}: {}", pod.getMetadata().getName(), e.getMessage());
      }
    }
  }
}
