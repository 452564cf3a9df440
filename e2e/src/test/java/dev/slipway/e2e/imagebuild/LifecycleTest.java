package dev.slipway.e2e.imagebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Phase;
import dev.slipway.e2e.registry.Programs;
import dev.slipway.e2e.registry.RegistryProcess;
import dev.slipway.operator.kubectl.KubectlCommand;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Event;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What outlives a build, and what a build outlives. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LifecycleTest {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  @TempDir private static Path work;

  private Lab lab;

  @BeforeAll
  void start() throws IOException {
    lab = new Lab(work);
  }

  @AfterAll
  void stop() {
    lab.close();
  }

  @Test
  void theLogOutlivesThePod() throws Exception {
    lab.commit("log", Map.of("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"));
    lab.apply(
        "log",
        """
        source: {git: {url: "%s"}}
        output: {image: %s}
        retention: {succeeded: 0, logs: 1}
        """
            .formatted(lab.url("log"), lab.image("log")));
    lab.built("log", 1);
    assertThat(text(kept("log-log-1"))).contains("COPY Dockerfile /").contains("pushed");
    await().atMost(PATIENCE).until(() -> lab.pods("log").isEmpty());
    assertThat(kubectl("logs", "log")).contains("COPY Dockerfile /").contains("pushed");

    lab.annotate("log", "slipway.dev/requested-at", "again");
    lab.built("log", 2);
    assertThat(text(kept("log-log-2"))).contains("COPY Dockerfile /");
    await().atMost(PATIENCE).until(() -> lab.pods("log").isEmpty());
    assertThat(kubectl("logs", "--build=2", "log")).isEqualTo(text(kept("log-log-2")));
    await().atMost(PATIENCE).until(() -> configMap("log-log-1") == null);
  }

  /** What {@code kubectl slipway} prints, run as a user runs it. */
  private String kubectl(String verb, String... args) throws IOException {
    Path kubeconfig = work.resolve("kubeconfig");
    Files.writeString(kubeconfig, lab.cluster.api().kubeconfig());
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    List<String> all = new ArrayList<>(List.of(verb, "--kubeconfig=" + kubeconfig));
    all.add("--namespace=default");
    all.addAll(List.of(args));
    int code =
        KubectlCommand.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(all.toArray(String[]::new));
    assertThat(code).as("kubectl slipway %s: %s", verb, err).isZero();
    return out.toString();
  }

  private ConfigMap configMap(String name) {
    return lab.client.configMaps().inNamespace("default").withName(name).get();
  }

  private ConfigMap kept(String name) {
    await().atMost(PATIENCE).until(() -> configMap(name) != null);
    return configMap(name);
  }

  private static String text(ConfigMap map) throws IOException {
    byte[] packed = Base64.getDecoder().decode(map.getBinaryData().get("1.log.gz"));
    return new String(
        new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes(),
        StandardCharsets.UTF_8);
  }

  @Test
  void aForeignConfigMapIsNeverOverwritten() throws Exception {
    lab.client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("taken-image")
                .withNamespace("default")
                .endMetadata()
                .withData(Map.of("mine", "yes"))
                .build())
        .create();
    lab.commit("taken", Map.of("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"));
    lab.apply(
        "taken",
        """
        source: {git: {url: "%s"}}
        output: {image: %s, configMap: true}
        """
            .formatted(lab.url("taken"), lab.image("taken")));
    lab.built("taken", 1);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(lab.client.v1().events().inNamespace("default").list().getItems())
                .filteredOn(e -> "taken".equals(e.getInvolvedObject().getName()))
                .extracting(Event::getReason)
                .contains("ConfigMapNameTaken"));
    assertThat(configMap("taken-image").getData()).isEqualTo(Map.of("mine", "yes"));
  }

  @Test
  void aRegistryThatGoesAwayAndComesBackCostsNoSecondBuild() throws Exception {
    assumeTrue(Programs.find("docker-registry").isPresent(), "docker-registry is not installed");
    Path busybox = Path.of("/bin/busybox");
    assumeTrue(Files.isExecutable(busybox), "busybox-static is not installed");
    Path tree = Files.createDirectories(work.resolve("outage"));
    Files.copy(busybox, tree.resolve("busybox"));
    Files.writeString(
        tree.resolve("Dockerfile"),
        """
        FROM scratch
        COPY busybox /bin/busybox
        RUN ["/bin/busybox", "sh", "-c", "echo the step runs; /bin/busybox date > /when"]
        """);
    lab.cluster.git().repository("outage").commit("main", tree, "Begin\n", java.time.Instant.now());
    try (RegistryProcess registry =
        RegistryProcess.dockerRegistry(
            Files.createDirectories(work.resolve("outage-registry")), null)) {
      registry.kill();
      lab.apply(
          "outage",
          """
          source: {git: {url: "%s"}}
          output: {image: %s/outage, insecure: true}
          """
              .formatted(lab.url("outage"), registry.host()));
      await().atMost(PATIENCE).until(() -> log("outage").contains("nothing is built again"));
      assertThat(lab.status("outage").image()).isNull();
      // While it waits, the status says for what, and since when.
      ImageBuildStatus waits = lab.await("outage", "PushingAgain");
      assertThat(waits.phase()).isEqualTo(Phase.BUILDING);
      assertThat(waits.condition("Ready").orElseThrow().message())
          .contains("push failed: ")
          .contains("; tried since 20")
          .contains("nothing is built again");
      registry.restart();

      ImageBuildStatus built = lab.built("outage", 1);
      assertThat(built.build().attempt()).isEqualTo(1);
      assertThat(lab.pods("outage")).hasSize(1);
      assertThat(log("outage").split("the step runs\\n", -1))
          .as("how often the step has run, and one")
          .hasSize(2);
      assertThat(
              Programs.run(
                  "skopeo",
                  "inspect",
                  "--tls-verify=false",
                  "docker://" + registry.host() + "/outage"))
          .contains(built.digest());
    }
  }

  private String log(String name) {
    List<io.fabric8.kubernetes.api.model.Pod> pods = lab.pods(name);
    if (pods.isEmpty()) {
      return "";
    }
    try {
      String log =
          lab.client
              .pods()
              .inNamespace("default")
              .withName(pods.get(0).getMetadata().getName())
              .getLog();
      return log == null ? "" : log;
    } catch (io.fabric8.kubernetes.client.KubernetesClientException e) {
      return ""; // Its container has not been created yet.
    }
  }
}
