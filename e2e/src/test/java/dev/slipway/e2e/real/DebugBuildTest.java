package dev.slipway.e2e.real;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.e2e.cluster.BuilderImage;
import dev.slipway.e2e.cluster.Cluster;
import dev.slipway.e2e.registry.Programs;
import dev.slipway.operator.Operator;
import dev.slipway.operator.OperatorSettings;
import dev.slipway.operator.pod.PodSettings;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code spec.debug}, from a failing RUN to a look into its stage. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DebugBuildTest {
  private static final Path BUSYBOX = Path.of("/bin/busybox");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private static Path work;

  private Cluster cluster;
  private Operator operator;
  private KubernetesClient client;

  @BeforeAll
  void start() throws IOException {
    assumeTrue(Files.exists(BUSYBOX), "busybox-static is not installed");
    cluster =
        Cluster.start(
            work.resolve("cluster"), new Cluster.Options(new BuilderImage(), 2, null, null));
    client = cluster.client();
    operator =
        Operator.start(
            client,
            OperatorSettings.embedded(
                PodSettings.of(BuilderImage.NAME)
                    .withInsecureRegistries(List.of(cluster.registry().host()))
                    .withRegistryMirrors(Map.of())));
    Path files = Files.createDirectories(work.resolve("files"));
    Files.copy(BUSYBOX, files.resolve("sh"));
    Files.writeString(
        files.resolve("Dockerfile"),
        """
        FROM scratch AS made
        COPY sh /bin/sh
        ENV WHERE=here
        WORKDIR /work
        RUN echo left behind > trace && exit 3
        """);
    cluster.git().repository("team/app").commit("main", files, "Begin\n", Instant.now());
  }

  @AfterAll
  void stop() {
    if (operator != null) {
      operator.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void theFailureIsToldAndItsStageCanBeEnteredUntilItIsCancelled() {
    ImageBuilds builds = new ImageBuilds(client, PATIENCE);
    ImageBuildStatus status =
        builds.reason(
            "debugged",
            """
            source: {git: {url: "%s", ref: main}}
            output: {image: "%s/debugged", tags: [latest]}
            debug: {keepFor: 10m}
            """
                .formatted(cluster.git().url("team/app"), cluster.registry().host()),
            "RunFailed");

    String pod = Objects.requireNonNull(Objects.requireNonNull(status.build()).podName());
    String namespace = "default";
    assertThat(Objects.requireNonNull(status.failure()).message())
        .contains("returned a non-zero code: 3", "you can look around in its stage: kubectl exec")
        .endsWith(pod + " -c debug -- sh /var/lib/slipway/debug-" + pod);
    assertThat(pod(namespace, pod).getStatus().getPhase()).isEqualTo("Running");

    assumeTrue(System.getProperty("user.name").equals("root"), "entering a container needs root");
    // The embedded node has no exec: this is what one does.
    long process = holder(pod);
    String seen =
        Programs.run(
            "nsenter",
            "--target",
            Long.toString(process),
            "--mount",
            "--pid",
            "--root",
            "--wd",
            "env",
            "SLIPWAY_NO_USERNS=1",
            "sh",
            "/var/lib/slipway/debug-" + pod,
            "sh",
            "-c",
            "read line < trace; echo $line, $WHERE, $PWD");
    assertThat(seen).contains("left behind, here, /work");

    client
        .resources(ImageBuild.class)
        .inNamespace(namespace)
        .withName("debugged")
        .edit(build -> {
          build.getMetadata().getAnnotations().put(ImageBuild.CANCEL_REQUESTED_AT, "now");
          return build;
        });
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> client.pods().inNamespace(namespace).withName(pod).get() == null);
  }

  private Pod pod(String namespace, String name) {
    return Objects.requireNonNull(client.pods().inNamespace(namespace).withName(name).get());
  }

  /** The process of the container that waits. */
  private static long holder(String pod) {
    return Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                ProcessHandle.allProcesses()
                    .filter(one -> {
                      String line = commandLine(one.pid());
                      return line.contains("/bin/java\0")
                          && line.contains("\0hold\0")
                          && line.contains("--kept-as=" + pod);
                    })
                    .mapToLong(ProcessHandle::pid)
                    .max()
                    .orElse(0),
            pid -> pid > 0);
  }

  private static String commandLine(long pid) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"));
    } catch (IOException e) {
      return ""; // it has ended
    }
  }
}
