package dev.slipway.e2e.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Failure;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.operator.pod.BuildRecord;
import dev.slipway.operator.pod.BuilderPod;
import dev.slipway.operator.pod.Isolation;
import dev.slipway.operator.pod.Isolations;
import dev.slipway.operator.pod.PodSettings;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each isolation as a namespace has it: our own image in a pod of a real kubelet, admitted by the
 * real Pod Security, with steps that try to reach what is not theirs.
 */
@OnRealCluster
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class IsolationTest {
  /** From the least strict to the strictest. */
  private static final List<String> LEVELS = List.of("privileged", "baseline", "restricted");

  /** The credentials are found by what is in them, wherever they might be. */
  private static final String TOKEN = "c2xpcHdheTppc29sYXRpb24tdGVzdA==";

  private static final int STEPS = 20;

  /** A step that did something, in the log of a build. */
  private static final Pattern STEP = Pattern.compile("(?m)^#\\d+ DONE ([0-9.]+)s$");

  private final RealCluster cluster;
  private final Installation slipway;
  private final KubernetesClient client;

  @SuppressWarnings("NullAway.Init")
  private GitHost git;

  IsolationTest(RealCluster cluster, Installation slipway) {
    this.cluster = cluster;
    this.slipway = slipway;
    this.client = cluster.client();
  }

  @BeforeAll
  void prepare(@TempDir Path work) throws IOException {
    git = new GitHost(cluster, work.resolve("repositories"));
    String base = slipway.image().debian();
    git.commit(
        "app",
        Map.of(
            "attack.sh",
            resource("attack.sh"),
            "token",
            TOKEN,
            "Dockerfile",
            """
            FROM %1$s AS build
            RUN --mount=type=bind,target=/src exec sh /src/attack.sh /src/token
            RUN id -u && echo built >/result && mkdir /own && touch /own/file
            FROM %1$s
            COPY --from=build /result /own /
            RUN test "$(cat /result)" = built
            """
                .formatted(base)));
    git.commit(
        "accounts",
        Map.of(
            "Dockerfile",
            """
            FROM %s
            RUN touch /theirs && chown 33:33 /theirs && test "$(stat -c %%u:%%g /theirs)" = 33:33
            USER 33:33
            RUN test "$(id -u)" = 33
            """
                .formatted(base)));
    git.commit("steps", Map.of("Dockerfile", "FROM " + base + "\n" + "RUN true\n".repeat(STEPS)));
    for (String level : LEVELS) {
      Namespaces.create(
          client, namespace(level), Map.of("pod-security.kubernetes.io/enforce", level));
      client
          .resource(
              new SecretBuilder()
                  .withNewMetadata()
                  .withName("login")
                  .withNamespace(namespace(level))
                  .endMetadata()
                  .withType("kubernetes.io/dockerconfigjson")
                  .withStringData(
                      Map.of(
                          ".dockerconfigjson",
                          "{\"auths\": {\"elsewhere.example.com\": {\"auth\": \"%s\"}}}"
                              .formatted(TOKEN)))
                  .build())
          .create();
    }
  }

  @AfterAll
  void tidy() {
    LEVELS.forEach(level -> client.namespaces().withName(namespace(level)).delete());
    client.close();
    git.close();
  }

  /** What docs/security.md says of the level of each is what the API server says. */
  @ParameterizedTest
  @EnumSource
  void podSecurityAdmitsEachWhereItSays(Isolation isolation) {
    int strictest = LEVELS.indexOf(isolation.podSecurity());
    for (String level : LEVELS) {
      Pod pod = pod(isolation, level);
      if (LEVELS.indexOf(level) <= strictest) {
        assertThatCode(() -> client.resource(pod).dryRun().create())
            .as("%s in %s", isolation, level)
            .doesNotThrowAnyException();
      } else {
        assertThatThrownBy(() -> client.resource(pod).dryRun().create())
            .as("%s in %s", isolation, level)
            .isInstanceOf(KubernetesClientException.class)
            .hasMessageContaining("violates PodSecurity \"" + level);
      }
    }
  }

  private Pod pod(Isolation isolation, String level) {
    ImageBuild owner =
        client
            .getKubernetesSerialization()
            .unmarshal(
                """
                apiVersion: slipway.dev/v1alpha1
                kind: ImageBuild
                metadata: {name: plain, namespace: %s, uid: 0123}
                spec:
                  source: {git: {url: "%s", ref: main}}
                  output: {image: "%s/isolation/plain", pushSecretRef: {name: login}}
                """
                    .formatted(namespace(level), git.url("app"), cluster.registry()),
                ImageBuild.class);
    PodSettings settings =
        PodSettings.of(slipway.image().reference())
            .withInsecureRegistries(List.of(cluster.registry()))
            .withIsolations(new Isolations(List.of(isolation), "slipway/builder.json"));
    BuildRecord build =
        new BuildRecord(1, 1, "SpecChanged", "", null, null, "2026-01-01T00:00:00Z", 1, Map.of());
    return BuilderPod.of(owner, build, settings).getFirst();
  }

  /**
   * Where an operator may ask for nothing else; this one asks for more, so the pod is made here.
   */
  @Test
  void aContainerLikeAnyOtherBuildsInAChrootAndReachesNothing() {
    Pod pod = pod(Isolation.CHROOT, "baseline");
    pod.getMetadata().setOwnerReferences(List.of()); // it would be collected
    pod.getMetadata().setName("chroot"); // the other tests ask for pods of the first name
    client.resource(pod).create();
    Pod ended =
        client
            .resource(pod)
            .waitUntilCondition(
                now ->
                    now != null
                        && List.of("Succeeded", "Failed").contains(now.getStatus().getPhase()),
                5,
                TimeUnit.MINUTES);
    String log = client.pods().resource(pod).getLog();
    assertThat(ended.getStatus().getPhase()).as(log).isEqualTo("Succeeded");
    assertThat(log).contains("reached nothing");
    assertThat(
            ended
                .getStatus()
                .getContainerStatuses()
                .getFirst()
                .getState()
                .getTerminated()
                .getMessage())
        .contains("\"sandbox\":\"chroot\"");
  }

  @ParameterizedTest
  @CsvSource({"privileged, userns", "baseline, nested", "restricted, restricted"})
  void aBuildHasTheStrongestIsolationThatItsNamespaceAdmitsAndReachesNothing(
      String level, String tier) throws Exception {
    ImageBuildStatus status = build(level, "app");
    assertThat(status.failure()).as(() -> builds(level).log("app")).isNull();
    assertThat(Optional.ofNullable(status.build()).map(BuildStatus::sandbox)).contains(tier);
    Pod pod = builds(level).pods("app").getFirst();
    assertThat(pod.getSpec().getHostUsers()).isFalse();
    assertThat(pod.getSpec().getContainers().getFirst().getSecurityContext().getPrivileged())
        .isFalse();
    assertThat(builds(level).log("app")).contains("reached nothing").doesNotContain(TOKEN);
    var found =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(
                            "http://%s/v2/isolation/%s-app/manifests/%s"
                                .formatted(cluster.registry(), level, status.digest())))
                    .header("Accept", "application/vnd.oci.image.manifest.v1+json")
                    .build(),
                BodyHandlers.ofString(StandardCharsets.UTF_8));
    assertThat(found.statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({"privileged", "baseline"})
  void filesAndStepsBelongToAnybody(String level) {
    ImageBuildStatus status = build(level, "accounts");
    assertThat(status.failure()).as(() -> builds(level).log("accounts")).isNull();
  }

  /** For the table in docs/security.md; no test has a quiet machine to assert it on. */
  @ParameterizedTest
  @CsvSource({"privileged, userns", "baseline, nested", "restricted, restricted"})
  void whatAStepCosts(String level, String tier) {
    ImageBuildStatus status = build(level, "steps");
    assertThat(status.failure()).as(() -> builds(level).log("steps")).isNull();
    BuildStatus build = Objects.requireNonNull(status.build());
    assertThat(build.sandbox()).isEqualTo(tier);
    double seconds =
        STEP.matcher(builds(level).log("steps"))
            .results()
            .mapToDouble(step -> Double.parseDouble(step.group(1)))
            .sum();
    System.out.printf(
        "%s: %d steps, with all that is around them %.1f s; the build from %s to %s%n",
        tier, STEPS, seconds, build.startTime(), build.completionTime());
  }

  @Test
  void whatRestrictedCannotDoFailsByName() {
    ImageBuildStatus status = build("restricted", "accounts");
    Failure failure = Objects.requireNonNull(status.failure());
    assertThat(failure.reason()).isEqualTo("Unsupported");
    assertThat(failure.message()).contains("USER 33:33");
    assertThat(failure.line()).isEqualTo(3);
  }

  private ImageBuildStatus build(String level, String name) {
    builds(level)
        .create(
            name,
            """
              retries: 0
              source: {git: {url: "%s", ref: main}}
              output:
                image: %s/isolation/%s-%s
                pushSecretRef: {name: login}
            """
                .formatted(git.url(name), cluster.registry(), level, name));
    return builds(level).ended(name);
  }

  private Builds builds(String level) {
    return new Builds(client, namespace(level));
  }

  private static String namespace(String level) {
    return "isolation-" + level;
  }

  private static String resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(IsolationTest.class.getResourceAsStream("/kubernetes/" + name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
