package dev.slipway.e2e.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.e2e.cluster.api.ApiServer;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pods as processes, seen through the API as any client sees them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
final class NodeTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  static Path directory;

  private ApiServer api;
  private KubernetesClient client;
  private Node node;

  @BeforeAll
  void start() throws IOException {
    api = ApiServer.start();
    client = new KubernetesClientBuilder().withConfig(api.clientConfig()).build();
    Images images =
        name ->
            name.equals("shell")
                ? Optional.of(
                    new Images.Image(
                        List.of("/bin/sh", "-c"), Map.of("FROM_IMAGE", "yes"), List.of()))
                : Optional.empty();
    node = new Node(client, directory, images, 3);
    api.setPodLogs(node);
  }

  @AfterAll
  void stop() {
    node.close();
    client.close();
    api.close();
  }

  @Test
  void runsACommandAndReportsItsEnd() {
    run("ok", "shell", "args: ['echo hello; printf done >/dev/termination-log']");

    Pod pod = phase("ok", "Succeeded");

    var terminated = state(pod).getTerminated();
    assertThat(terminated.getExitCode()).isZero();
    assertThat(terminated.getReason()).isEqualTo("Completed");
    assertThat(terminated.getMessage()).isEqualTo("done");
    assertThat(client.pods().withName("ok").getLog()).isEqualTo("hello\n");
    assertThat(events("ok")).contains("Scheduled", "Pulled", "Started");
  }

  @Test
  void failureCarriesExitCodeAndTheEndOfTheLog() {
    run(
        "bad",
        "shell",
        "args: ['echo the reason >&2; exit 7']\n    terminationMessagePolicy: FallbackToLogsOnError");

    var terminated = state(phase("bad", "Failed")).getTerminated();

    assertThat(terminated.getExitCode()).isEqualTo(7);
    assertThat(terminated.getReason()).isEqualTo("Error");
    assertThat(terminated.getMessage()).isEqualTo("the reason\n");
  }

  @Test
  void environmentAndVolumesAreThere() {
    secret("credentials", Map.of("user", "ann", "password", "s3cret"));
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: mounts, labels: {team: web}}
        spec:
          restartPolicy: Never
          containers:
          - name: main
            image: shell
            args:
            - |
              set -e
              echo "$FROM_IMAGE $USER_NAME $POD $TEAM $BOTH"
              cat /var/run/slipway/push/password; echo
              stat -c '%a' /var/run/slipway/push/password
              cat /projected/auth/user; echo
              echo kept >/work/deep/file
              cat /work/deep/file
              touch /var/run/slipway/push/x 2>/dev/null || echo read-only
              pwd
              ls -d /usr/bin >/dev/null && test ! -e /dev/sda && echo host
            workingDir: /work
            env:
            - {name: USER_NAME, valueFrom: {secretKeyRef: {name: credentials, key: user}}}
            - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
            - {name: TEAM, valueFrom: {fieldRef: {fieldPath: "metadata.labels['team']"}}}
            - {name: BOTH, value: "$(POD)-$(TEAM)-$$(POD)"}
            - {name: NONE, valueFrom: {secretKeyRef: {name: absent, key: user, optional: true}}}
            volumeMounts:
            - {name: push, mountPath: /var/run/slipway/push}
            - {name: projected, mountPath: /projected}
            - {name: work, mountPath: /work/deep}
          volumes:
          - {name: push, secret: {secretName: credentials, defaultMode: 256}}
          - {name: work, emptyDir: {}}
          - name: projected
            projected:
              sources:
              - secret: {name: credentials, items: [{key: user, path: auth/user}]}
        """);

    phase("mounts", "Succeeded");

    assertThat(client.pods().withName("mounts").getLog().lines())
        .containsExactly(
            "yes ann mounts web mounts-web-$(POD)",
            "s3cret",
            "400",
            "ann",
            "kept",
            "read-only",
            "/work",
            "host");
    assertThat(Path.of("/var/run/slipway")).doesNotExist();
    assertThat(Path.of("/projected")).doesNotExist();
  }

  @Test
  void waitsForAMissingSecretInWords() {
    run(
        "waits",
        "shell",
        "args: ['echo $PASSWORD']\n    env: [{name: PASSWORD, valueFrom: {secretKeyRef: {name: late, key: p}}}]");
    Pod pod = waitFor("waits", p -> reason(p).equals("CreateContainerConfigError"));
    assertThat(state(pod).getWaiting().getMessage()).isEqualTo("secret \"late\" not found");
    assertThat(pod.getStatus().getPhase()).isEqualTo("Pending");

    secret("late", Map.of("p", "now"));

    phase("waits", "Succeeded");
    assertThat(client.pods().withName("waits").getLog()).isEqualTo("now\n");
  }

  @Test
  void saysWhichVolumeCannotBeMounted() {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: unmounted}
        spec:
          restartPolicy: Never
          containers: [{name: main, image: shell, args: ["true"]}]
          volumes: [{name: v, secret: {secretName: nowhere}}]
        """);
    await()
        .untilAsserted(() ->
            assertThat(messages("unmounted"))
                .contains(
                    "MountVolume.SetUp failed for volume \"v\" : secret \"nowhere\" not found"));
    delete("unmounted");
  }

  @Test
  void unknownImageCannotBePulled() {
    run("pull", "nowhere/nothing:1", "args: ['true']");
    Pod pod = waitFor("pull", p -> reason(p).equals("ErrImagePull"));
    assertThat(state(pod).getWaiting().getMessage()).contains("nowhere/nothing:1");
    delete("pull");
  }

  @Test
  void deadlineEndsThePod() {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: slow}
        spec:
          restartPolicy: Never
          activeDeadlineSeconds: 1
          terminationGracePeriodSeconds: 0
          containers: [{name: main, image: shell, args: ["sleep 600"]}]
        """);
    Pod pod = phase("slow", "Failed");
    assertThat(pod.getStatus().getReason()).isEqualTo("DeadlineExceeded");
    assertThat(state(pod).getTerminated().getExitCode()).isEqualTo(137);
  }

  @Test
  void deletionEndsTheWholeTreeAndKeepsTheGracePeriod() throws IOException {
    Path marker = Files.createTempFile(directory, "marker", "");
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: tree}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 20
          containers:
          - name: main
            image: shell
            args:
            - |
              (trap '' TERM; exec sleep 987654) &
              trap 'echo bye >/out/marker; exit 3' TERM
              echo up
              while :; do sleep 0.1; done
            volumeMounts: [{name: out, mountPath: /out/marker}]
          volumes: [{name: out, hostPath: {path: MARKER}}]
        """
            .replace("MARKER", marker.toString()));
    await().until(() -> Objects.equals(log("tree"), "up\n"));
    long before = System.nanoTime();

    delete("tree");

    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(15));
    assertThat(marker).hasContent("bye");
    assertThat(processes("987654")).isEmpty();
  }

  @Test
  void logsAreFollowedToTheEnd() throws IOException {
    run("talk", "shell", "args: ['echo one; sleep 0.3; echo two; sleep 0.3; printf three']");
    await().until(() -> Objects.equals(log("talk"), "one\n"));
    try (var watch = client.pods().withName("talk").watchLog();
        InputStream out = watch.getOutput()) {
      assertThat(new String(out.readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo("one\ntwo\nthree\n");
    }
    assertThat(client.pods().withName("talk").tailingLines(1).getLog()).isEqualTo("three\n");
  }

  @Test
  void aFullNodeMakesPodsWait() {
    for (int i = 0; i < 4; i++) {
      run("many-" + i, "shell", "args: ['sleep 600']");
    }
    await()
        .untilAsserted(() ->
            assertThat(messagesOfAll("many-"))
                .contains("0/1 nodes are available: 1 Too many pods."));
    Pod running = runningAmong("many-");

    delete(running.getMetadata().getName());

    await().until(() -> podsIn("many-", "Running") == 3);
    for (int i = 0; i < 4; i++) {
      delete("many-" + i);
    }
  }

  @Test
  void initContainersComeFirst() {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: init}
        spec:
          restartPolicy: Never
          initContainers: [{name: first, image: shell, args: ["echo x >/v/f"], volumeMounts: [{name: v, mountPath: /v}]}]
          containers: [{name: main, image: shell, args: ["cat /v/f"], volumeMounts: [{name: v, mountPath: /v}]}]
          volumes: [{name: v, emptyDir: {}}]
        """);
    phase("init", "Succeeded");
    assertThat(client.pods().withName("init").inContainer("main").getLog()).isEqualTo("x\n");
  }

  @Test
  void refusesToRestart() {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: forever}
        spec:
          containers: [{name: main, image: shell, args: ["true"]}]
        """);
    Pod pod = phase("forever", "Failed");
    assertThat(pod.getStatus().getReason()).isEqualTo("UnsupportedRestartPolicy");
  }

  private void run(String name, String image, String rest) {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 0
          containers:
          - name: main
            image: %s
            %s
        """
            .formatted(name, image, rest));
  }

  private void apply(String yaml) {
    client.resource(yaml).inNamespace("default").create();
  }

  private void secret(String name, Map<String, String> data) {
    client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withStringData(data)
                .build())
        .create();
  }

  private void delete(String name) {
    client.pods().withName(name).delete();
    await().until(() -> client.pods().withName(name).get() == null);
  }

  private Pod phase(String name, String phase) {
    return waitFor(name, pod -> phase.equals(pod.getStatus().getPhase()));
  }

  private Pod waitFor(String name, Predicate<Pod> wanted) {
    return await(name)
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> client.pods().withName(name).get(),
            pod -> pod != null && pod.getStatus() != null && wanted.test(pod));
  }

  private String log(String name) {
    Pod pod = client.pods().withName(name).get();
    return pod == null || pod.getStatus().getPhase().equals("Pending")
        ? ""
        : client.pods().withName(name).getLog();
  }

  private static ContainerState state(Pod pod) {
    return pod.getStatus().getContainerStatuses().getFirst().getState();
  }

  private static String reason(Pod pod) {
    return pod.getStatus().getContainerStatuses().isEmpty() || state(pod).getWaiting() == null
        ? ""
        : state(pod).getWaiting().getReason();
  }

  private List<String> events(String pod) {
    return client.v1().events().list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getName().equals(pod))
        .map(event -> event.getReason())
        .toList();
  }

  private List<String> messages(String pod) {
    return messagesOfAll(pod);
  }

  private List<String> messagesOfAll(String prefix) {
    return client.v1().events().list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getName().startsWith(prefix))
        .map(event -> event.getMessage())
        .toList();
  }

  private long podsIn(String prefix, String phase) {
    return client.pods().list().getItems().stream()
        .filter(pod -> pod.getMetadata().getName().startsWith(prefix))
        .filter(pod -> phase.equals(pod.getStatus().getPhase()))
        .count();
  }

  private Pod runningAmong(String prefix) {
    return await()
        .until(
            () ->
                client.pods().list().getItems().stream()
                    .filter(pod -> pod.getMetadata().getName().startsWith(prefix))
                    .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
                    .findFirst(),
            Optional::isPresent)
        .orElseThrow();
  }

  private static List<String> processes(String argument) {
    return ProcessHandle.allProcesses()
        .map(process -> process.info().commandLine().orElse(""))
        .filter(line -> line.contains("sleep " + argument))
        .toList();
  }
}
