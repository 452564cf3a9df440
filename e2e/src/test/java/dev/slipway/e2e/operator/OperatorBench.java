package dev.slipway.e2e.operator;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.Phase;
import dev.slipway.e2e.kubernetes.Daemon;
import dev.slipway.e2e.operator.SimulatedNode.Born;
import dev.slipway.e2e.operator.SimulatedNode.Fate;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.core.ConditionTimeoutException;

/**
 * How much one operator takes, as a process of its own against an API server, with a node that is
 * simulated. It says what it measured; what is good enough is for its callers to say.
 */
final class OperatorBench implements AutoCloseable {
  /** Milliseconds at the percentiles. */
  record Latency(int count, double p50, double p90, double p99, double max) {
    static Latency of(List<Double> millis) {
      double[] sorted = millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      if (sorted.length == 0) {
        return new Latency(0, 0, 0, 0, 0);
      }
      return new Latency(
          sorted.length,
          at(sorted, 0.5),
          at(sorted, 0.9),
          at(sorted, 0.99),
          sorted[sorted.length - 1]);
    }

    private static double at(double[] sorted, double share) {
      return sorted[(int) Math.min(sorted.length - 1L, Math.round(share * (sorted.length - 1)))];
    }
  }

  private static final Path ROOT =
      Path.of(Files.isDirectory(Path.of("operator")) ? "" : "..").toAbsolutePath().normalize();

  /**
   * Those of its image (image/Jars.java, image/slipway), and the memory that the chart gives it.
   */
  private static final List<String> OPTIONS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:-UsePerfData",
          "-XX:TieredStopAtLevel=1",
          "-XX:MaxRAM=512m",
          "-XX:MaxRAMPercentage=40",
          "-XX:MaxNewSize=20m");

  private final Api api;
  private final Path directory;

  /** What its first run leaves for the next ones, as in its image. */
  private final Path cache;

  private final SimulatedNode node;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Callers callers = new Callers(this::trouble);
  private final ApiAlone alone;
  private final Map<String, Long> applied = new ConcurrentHashMap<>();
  private final Map<String, Phase> phases = new ConcurrentHashMap<>();
  private final SharedIndexInformer<ImageBuild> builds;

  /** Asks a busy API server again, as `kubectl` and a kubelet do. */
  private final KubernetesClient user;

  private final Watchdog watchdog;
  private volatile boolean nodeFinishes = true;

  OperatorBench(Api api, Path directory) throws IOException {
    this.api = api;
    this.directory = Files.createDirectories(directory);
    cache = directory.resolve("operator.aot");
    Files.writeString(directory.resolve("kubeconfig"), api.kubeconfig());
    watchdog = Watchdog.over(api.daemons().stream().map(Daemon::pid).toList());
    user =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder(api.config())
                    .withRequestRetryBackoffLimit(8)
                    .withRequestRetryBackoffInterval(100)
                    .build())
            .build();
    alone = new ApiAlone(user, callers);
    node =
        new SimulatedNode(api.client(), _ -> nodeFinishes ? new Fate.Success() : new Fate.RunsOn());
    // A watch: to list ten thousand again and again would measure nothing but that.
    builds =
        api.client()
            .resources(ImageBuild.class)
            .inAnyNamespace()
            .inform(
                new ResourceEventHandler<ImageBuild>() {
                  @Override
                  public void onAdd(ImageBuild build) {
                    note(build);
                  }

                  @Override
                  public void onUpdate(ImageBuild before, ImageBuild build) {
                    note(build);
                  }

                  @Override
                  public void onDelete(ImageBuild build, boolean unknown) {}
                });
  }

  private void note(ImageBuild build) {
    Phase phase = build.getStatus() == null ? null : build.getStatus().phase();
    if (phase != null) {
      phases.put(build.getMetadata().getNamespace() + "/" + build.getMetadata().getName(), phase);
    }
  }

  /** The jars of {@code make build}: a cache is of jars only. */
  private static String classPath() throws IOException {
    List<String> jars = new ArrayList<>();
    for (String place : List.of("crds/target", "operator/target", "operator/target/lib")) {
      try (var files = Files.newDirectoryStream(ROOT.resolve(place), "*.jar")) {
        files.forEach(jar -> jars.add(jar.toString()));
      }
    }
    return String.join(":", jars);
  }

  /** A running operator. */
  final class Subject implements AutoCloseable {
    private final Process process;
    private final Watchdog leash;
    private final int port;

    Subject(String... more) throws IOException {
      try (var free = new java.net.ServerSocket(0)) {
        port = free.getLocalPort();
      }
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(OPTIONS);
      command.add((Files.exists(cache) ? "-XX:AOTCache=" : "-XX:AOTCacheOutput=") + cache);
      command.addAll(
          List.of(
              "-cp",
              classPath(),
              "dev.slipway.operator.OperatorMain",
              "--builder-image=slipway/builder:bench",
              "--metrics-port=" + port));
      command.addAll(List.of(more));
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("operator.log").toFile());
      builder.environment().put("MALLOC_ARENA_MAX", "2");
      builder.environment().put("KUBECONFIG", directory.resolve("kubeconfig").toString());
      process = builder.start();
      leash = Watchdog.over(List.of(process.pid()));
    }

    void awaitReady() {
      OperatorBench.this.await(
          "the operator is ready",
          Duration.ofMinutes(2),
          () -> {
            if (!process.isAlive()) {
              throw new IllegalStateException(
                  "the operator ended with exit code " + process.exitValue() + trouble());
            }
            return get("readyz").startsWith("ok");
          });
    }

    /** A series of the metrics endpoint; the sum if there are several of that name. */
    double metric(String name) {
      return get("metrics")
          .lines()
          .filter(l -> l.startsWith(name + " ") || l.startsWith(name + "{"))
          .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)))
          .sum();
    }

    /** CPU time so far, in milliseconds. */
    double cpu() throws IOException {
      return OperatorBench.cpu(process.pid());
    }

    /** Resident memory in megabytes. */
    double rss() throws IOException {
      return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
          .filter(l -> l.startsWith("VmRSS:"))
          .mapToDouble(l -> Double.parseDouble(l.replaceAll("[^0-9]", "")) / 1024)
          .findFirst()
          .orElse(0);
    }

    private String get(String path) {
      try {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/" + path)).build(),
                BodyHandlers.ofString())
            .body();
      } catch (IOException e) {
        return "";
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return "";
      }
    }

    @Override
    public void close() {
      process.destroy();
      try {
        // The first one still writes its cache.
        process.onExit().get(2, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException e) {
        process.destroyForcibly();
      } finally {
        leash.close();
      }
    }
  }

  /** CPU time of the API server's programs so far, in milliseconds, by name. */
  Map<String, Double> cpu() throws IOException {
    Map<String, Double> times = new TreeMap<>();
    for (Daemon daemon : api.daemons()) {
      times.put(daemon.name(), cpu(daemon.pid()));
    }
    return times;
  }

  /** User and system time of a process, in milliseconds; Linux counts in hundredths of a second. */
  static double cpu(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10.0;
  }

  /** The API server without an operator; its pods are seen by the simulated node. */
  ApiAlone alone() {
    return alone;
  }

  /** One of the ImageBuilds that are built. */
  ImageBuild finished() {
    return builds.getStore().list().stream()
        .filter(b -> b.getStatus() != null && b.getStatus().phase() == Phase.SUCCEEDED)
        .findFirst()
        .orElseThrow();
  }

  Subject operator(String... more) throws IOException {
    return new Subject(more);
  }

  void nodeFinishes(boolean value) {
    nodeFinishes = value;
  }

  void namespaces(String prefix, int count) throws InterruptedException {
    callers.parallel(count, 16, i -> alone.namespace(prefix + i));
  }

  /**
   * Applies builds at a rate, and returns how long each apply itself took.
   *
   * @param perSecond 0 for as fast as the API server takes them
   */
  List<Double> apply(String prefix, int namespaces, int from, int count, double perSecond)
      throws InterruptedException {
    List<Double> took = java.util.Collections.synchronizedList(new ArrayList<>());
    callers.paced(
        count,
        perSecond,
        i -> {
          String namespace = prefix + (from + i) % namespaces;
          String name = "app-" + (from + i);
          double milliseconds = alone.timed(ScaleTest.manifest(namespace, name));
          applied.put(namespace + "/" + name, System.nanoTime());
          took.add(milliseconds);
        });
    return took;
  }

  /** How long after its apply was answered each pod was seen. */
  List<Double> delays(String prefix, int from, int count) {
    List<Double> delays = new ArrayList<>();
    for (Map.Entry<String, Long> build : applied.entrySet()) {
      if (!build.getKey().startsWith(prefix)) {
        continue;
      }
      String namespace = build.getKey().substring(0, build.getKey().indexOf('/'));
      String name = build.getKey().substring(build.getKey().indexOf('/') + 1);
      int number = Integer.parseInt(name.substring("app-".length()));
      if (number < from || number >= from + count) {
        continue;
      }
      node.born(namespace).stream()
          .filter(b -> b.name().startsWith(name + "-"))
          .mapToLong(Born::created)
          .min()
          .ifPresent(at -> delays.add(Math.max(0, (at - build.getValue()) / 1e6)));
    }
    return delays;
  }

  long pods() {
    return node.count();
  }

  /** How many ImageBuilds are in that phase. */
  long inPhase(Phase phase) {
    return phases.values().stream().filter(p -> p == phase).count();
  }

  /** Pods of the namespace that run, and go on until they are told to end. */
  List<Born> running(String namespace) {
    return node.born(namespace);
  }

  void finish(Born pod) {
    node.finish(pod);
  }

  /** When the first pod of a namespace was seen; 0 if none was. */
  long firstPod(String namespace) {
    return node.born(namespace).stream().mapToLong(Born::created).min().orElse(0);
  }

  long appliedAt(String build) {
    return java.util.Objects.requireNonNull(applied.get(build));
  }

  void awaitPods(long count, Duration limit) {
    await(count + " pods", limit, () -> pods() >= count);
  }

  void awaitPhase(Phase phase, long count, Duration limit) {
    await(count + " ImageBuilds " + phase, limit, () -> inPhase(phase) >= count);
  }

  private interface Condition {
    boolean holds();
  }

  private void await(String what, Duration limit, Condition condition) {
    try {
      org.awaitility.Awaitility.await()
          .atMost(limit)
          .pollInterval(Duration.ofMillis(100))
          .until(condition::holds);
    } catch (ConditionTimeoutException e) {
      throw new IllegalStateException(what + ": not within " + limit + trouble(), e);
    }
  }

  /** How far it came, who has died, and what the operator said last. */
  private String trouble() {
    Map<Phase, Long> reached = new TreeMap<>();
    phases.values().forEach(phase -> reached.merge(phase, 1L, Long::sum));
    List<String> dead =
        api.daemons().stream()
            .filter(d -> !d.alive())
            .map(d -> d.name() + ":\n" + d.tail())
            .toList();
    String log;
    try {
      List<String> lines = Files.readAllLines(directory.resolve("operator.log"));
      log = String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    } catch (IOException e) {
      log = String.valueOf(e.getMessage());
    }
    return "; applied "
        + applied.size()
        + ", pods seen "
        + pods()
        + ", phases "
        + reached
        + ", programs that have ended "
        + dead
        + "; the end of the operator's log:\n"
        + log;
  }

  /** A table of Markdown. */
  static String row(Object... cells) {
    return "| " + String.join(" | ", Arrays.stream(cells).map(String::valueOf).toList()) + " |\n";
  }

  @Override
  public void close() {
    callers.close();
    builds.close();
    node.close();
    http.shutdownNow();
    user.close();
    watchdog.close();
  }
}
