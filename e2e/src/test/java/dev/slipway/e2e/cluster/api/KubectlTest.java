package dev.slipway.e2e.cluster.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real {@code kubectl} against the API: what a user of {@code slipway demo --keep} types. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
final class KubectlTest {
  private static final String WEB =
      """
      apiVersion: slipway.dev/v1alpha1
      kind: ImageBuild
      metadata: {name: web, namespace: NAMESPACE}
      spec:
        source: {git: {url: "https://git.example.com/web.git"}}
        output: {image: registry.example.com/team/web}
      """;

  @SuppressWarnings("NullAway.Init")
  @TempDir
  static Path home;

  private ApiServer api;
  private int namespaces;
  private String namespace = "";

  @BeforeAll
  void start() throws IOException {
    assumeTrue(found("kubectl"), "kubectl is not installed");
    api = ApiServer.start();
    try (InputStream crd =
        Objects.requireNonNull(
            getClass().getResourceAsStream("/dev/slipway/api/imagebuilds.slipway.dev.yaml"))) {
      api.install(crd);
    }
    Files.writeString(home.resolve("kubeconfig"), api.kubeconfig());
  }

  @BeforeEach
  void ownNamespace() throws Exception {
    namespace = "test-" + namespaces++;
    assertThat(kubectl("create", "namespace", namespace)).contains("created");
  }

  @AfterAll
  void stop() {
    if (api != null) {
      api.close();
    }
  }

  @Test
  void appliesAndPrintsItsColumns() throws Exception {
    assertThat(apply(WEB)).isEqualTo("imagebuild.slipway.dev/web created\n");
    assertThat(apply(WEB)).isEqualTo("imagebuild.slipway.dev/web unchanged\n");

    String table = kubectl("get", "ib", "-n", namespace);

    assertThat(table.lines().toList())
        .hasSize(2)
        .first(org.assertj.core.api.InstanceOfAssertFactories.STRING)
        .matches("NAME +READY +REASON +IMAGE +COMMIT +DURATION +AGE");
    assertThat(
            kubectl(
                "get",
                "imagebuild",
                "web",
                "-n",
                namespace,
                "-o",
                "jsonpath={.spec.dockerfile} {.metadata.generation}"))
        .isEqualTo("Dockerfile 1");
  }

  @Test
  void changedSpecIsANewGeneration() throws Exception {
    apply(WEB);
    assertThat(apply(WEB.replace("team/web", "team/site"))).contains("configured");
    assertThat(
            kubectl(
                "get",
                "ib",
                "web",
                "-n",
                namespace,
                "-o",
                "jsonpath={.spec.output.image} {.metadata.generation}"))
        .isEqualTo("registry.example.com/team/site 2");
  }

  @Test
  void refusesAnInvalidSpecInWords() throws Exception {
    assertThat(apply(WEB.replace("team/web", "team/web:1.0")))
        .contains("The ImageBuild \"web\" is invalid")
        .contains("put it in output.tags");
    assertThat(apply(WEB.replace("output: {image: registry.example.com/team/web}", "")))
        .contains("spec.output: Required value");
    assertThat(apply(WEB.replace("output:", "outputs: {}\n  output:")))
        .contains("unknown field \"spec.outputs\"");
    assertThat(kubectl("get", "ib", "-n", namespace)).contains("No resources found");
  }

  @Test
  void serverSideApplyRemovesWhatIsNoLongerApplied() throws Exception {
    apply("--server-side", WEB.replace("output:", "target: prod\n  output:"));
    assertThat(kubectl("get", "ib", "web", "-n", namespace, "-o", "jsonpath={.spec.target}"))
        .isEqualTo("prod");
    assertThat(apply("--server-side", WEB)).contains("serverside-applied");
    assertThat(kubectl("get", "ib", "web", "-n", namespace, "-o", "jsonpath={.spec.target}"))
        .isEmpty();
  }

  @Test
  void explains() throws Exception {
    assertThat(kubectl("explain", "imagebuild.spec.output.image"))
        .contains("GROUP:      slipway.dev", "KIND:       ImageBuild", "FIELD: image <string>");
  }

  @Test
  void describesWithEvents() throws Exception {
    apply(WEB);
    apply(
        """
        apiVersion: v1
        kind: Event
        metadata: {name: web.1, namespace: NAMESPACE}
        involvedObject: {apiVersion: slipway.dev/v1alpha1, kind: ImageBuild, name: web, namespace: NAMESPACE, uid: UID}
        type: Warning
        reason: BuildFailed
        message: the compiler is missing
        """
            .replace(
                "UID",
                kubectl("get", "ib", "web", "-n", namespace, "-o", "jsonpath={.metadata.uid}")));
    assertThat(kubectl("describe", "ib", "web", "-n", namespace))
        .contains("Kind:         ImageBuild", "BuildFailed", "the compiler is missing");
  }

  @Test
  void waitsForACondition() throws Exception {
    apply(WEB);
    Process waiting =
        spawn("wait", "ib/web", "-n", namespace, "--for=condition=Ready", "--timeout=60s");
    assertThat(
            kubectl(
                "patch",
                "ib",
                "web",
                "-n",
                namespace,
                "--subresource=status",
                "--type=merge",
                "-p",
                "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"reason\":\"Succeeded\",\"message\":\"\",\"lastTransitionTime\":\"2026-01-01T00:00:00Z\",\"observedGeneration\":1}]}}"))
        .contains("patched");
    assertThat(output(waiting)).contains("condition met");
    assertThat(kubectl("get", "ib", "web", "-n", namespace, "--no-headers")).contains("True");
  }

  @Test
  void watchesAsTable() throws Exception {
    apply(WEB);
    Process watching = spawn("get", "ib", "-n", namespace, "-w");
    try (Reader reader = new InputStreamReader(watching.getInputStream(), StandardCharsets.UTF_8)) {
      StringBuilder seen = new StringBuilder();
      readUntil(reader, seen, "web");
      apply(WEB.replace("name: web", "name: other"));
      readUntil(reader, seen, "other");
      assertThat(seen.toString().split("NAME", -1)).hasSize(2);
    } finally {
      watching.destroyForcibly();
    }
  }

  @Test
  void deletesWithDependents() throws Exception {
    apply(WEB);
    String uid = kubectl("get", "ib", "web", "-n", namespace, "-o", "jsonpath={.metadata.uid}");
    apply(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: child
          namespace: NAMESPACE
          ownerReferences:
          - {apiVersion: slipway.dev/v1alpha1, kind: ImageBuild, name: web, uid: UID, controller: true}
        data: {a: b}
        """
            .replace("UID", uid));
    assertThat(kubectl("delete", "ib", "web", "-n", namespace, "--cascade=foreground"))
        .contains("deleted");
    assertThat(kubectl("get", "configmap", "child", "-n", namespace)).contains("NotFound");
  }

  @Test
  void editsLabelsAndSecrets() throws Exception {
    assertThat(
            kubectl("create", "secret", "generic", "push", "-n", namespace, "--from-literal=a=b"))
        .contains("created");
    assertThat(kubectl("label", "secret", "push", "-n", namespace, "team=web")).contains("labeled");
    assertThat(kubectl("get", "secrets", "-n", namespace, "-l", "team in (web,site)"))
        .contains("push");
    assertThat(kubectl("get", "secrets", "-n", namespace, "-l", "team!=web"))
        .contains("No resources");
  }

  @Test
  void deletesANamespaceWithAllThatIsIn() throws Exception {
    apply(WEB);
    assertThat(kubectl("delete", "namespace", namespace)).contains("deleted");
    assertThat(kubectl("get", "ib", "-A")).doesNotContain(namespace);
    assertThat(apply(WEB)).contains("namespaces \"" + namespace + "\" not found");
  }

  @Test
  void needsTheSecretOfTheUrl() throws Exception {
    Path other = home.resolve("other");
    String secret = api.uri().getPath();
    Files.writeString(other, api.kubeconfig().replace(secret, "/0123456789abcdef"));
    assertThat(kubectl("--kubeconfig", other.toString(), "get", "ns", "-o", "name"))
        .contains("must be logged in");
  }

  private static void readUntil(Reader reader, StringBuilder seen, String wanted)
      throws IOException {
    while (seen.indexOf(wanted) < 0) {
      int next = reader.read();
      if (next < 0) {
        throw new AssertionError("ended without " + wanted + ": " + seen);
      }
      seen.append((char) next);
    }
  }

  private String apply(String yaml) throws Exception {
    return apply("--server-side=false", yaml);
  }

  private String apply(String option, String yaml) throws Exception {
    Path file = Files.createTempFile(home, "object", ".yaml");
    Files.writeString(file, yaml.replace("NAMESPACE", namespace));
    return kubectl("apply", option, "-f", file.toString());
  }

  private String kubectl(String... arguments) throws Exception {
    return output(spawn(arguments));
  }

  private Process spawn(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("kubectl"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("KUBECONFIG", home.resolve("kubeconfig").toString());
    builder.environment().put("HOME", home.toString());
    return builder.start();
  }

  private static String output(Process process) throws Exception {
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return text;
  }

  private static boolean found(String program) {
    for (String dir : System.getenv("PATH").split(":", -1)) {
      if (Files.isExecutable(Path.of(dir, program))) {
        return true;
      }
    }
    return false;
  }
}
