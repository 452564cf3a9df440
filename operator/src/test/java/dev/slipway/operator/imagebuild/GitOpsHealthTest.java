package dev.slipway.operator.imagebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Phase;
import dev.slipway.api.Reasons;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What Flux and Argo CD make of every shape of the status. Flux reads conditions by the rules of
 * kstatus (sigs.k8s.io/cli-utils, pkg/kstatus), which are written down here once more; Argo CD runs
 * the Lua of examples/gitops, and so does this test.
 */
final class GitOpsHealthTest {
  private static final Path HEALTH =
      Stream.of("..", ".")
          .map(d -> Path.of(d, "examples/gitops/argocd/health.lua"))
          .filter(Files::exists)
          .findFirst()
          .orElseThrow();

  /** What the API server makes of an absent status. */
  private static final JsonNode BLANK = blank();

  private static final Situation SUCCESS = Situation.ready(Reasons.SUCCEEDED, "pushed");
  private static final Situation FAILURE =
      Situation.stalled(Phase.FAILED, "RunFailed", "RUN make failed");

  /** A shape of the status, and what the tools should say of it. */
  private enum Case {
    NEVER_SEEN(null, 1, "InProgress", "Progressing"),
    RESOLVING(working(Phase.RESOLVING, Reasons.RESOLVING), 1, "InProgress", "Progressing"),
    QUEUED(working(Phase.QUEUED, Reasons.QUEUED), 1, "InProgress", "Progressing"),
    PENDING(working(Phase.PENDING, Reasons.SECRET_NOT_FOUND), 1, "InProgress", "Progressing"),
    BUILDING(working(Phase.BUILDING, Reasons.BUILDING), 1, "InProgress", "Progressing"),
    RETRYING(working(Phase.BUILDING, Reasons.RETRYING), 1, "InProgress", "Progressing"),
    SUCCEEDED(SUCCESS, 1, "Current", "Healthy"),
    SUCCEEDED_OF_AN_OLDER_SPEC(SUCCESS, 2, "InProgress", "Progressing"),
    FAILED(FAILURE, 1, "Failed", "Degraded"),
    FAILED_OF_AN_OLDER_SPEC(FAILURE, 2, "InProgress", "Progressing"),
    CANCELLED(
        Situation.stalled(Phase.CANCELLED, Reasons.CANCELLED, "cancelled"),
        1,
        "Failed",
        "Degraded"),
    SUSPENDED(
        Situation.held(Phase.SUSPENDED, Reasons.SUSPENDED, "held back"),
        1,
        "InProgress",
        "Suspended");

    final @Nullable Situation situation;

    /** That of the spec; the status is of the first. */
    final long generation;

    final String kstatus;
    final String argo;

    Case(@Nullable Situation situation, long generation, String kstatus, String argo) {
      this.situation = situation;
      this.generation = generation;
      this.kstatus = kstatus;
      this.argo = argo;
    }

    private static Situation working(Phase phase, String reason) {
      return Situation.working(phase, reason, "goes on");
    }

    ObjectNode object() {
      ImageBuild build = Builds.imageBuild(Builds.spec(""), 1);
      if (situation != null) {
        ImageBuildStatus.Builder status = ImageBuildStatus.EMPTY.toBuilder();
        situation.describe(
            status, ImageBuildStatus.EMPTY, Seen.of(build).at(Instant.EPOCH), Instant.EPOCH);
        build.setStatus(status.build());
      }
      build.getMetadata().setGeneration(generation);
      ObjectNode object = new KubernetesSerialization().convertValue(build, ObjectNode.class);
      if (situation == null) {
        object.set("status", BLANK);
      }
      if (this == SUSPENDED) {
        object.withObjectProperty("spec").put("suspend", true);
      }
      return object;
    }
  }

  private static JsonNode blank() {
    try (InputStream definition =
        GitOpsHealthTest.class.getResourceAsStream(ImageBuild.CRD_RESOURCE)) {
      return new KubernetesSerialization()
          .unmarshal(definition, CustomResourceDefinition.class)
          .getSpec()
          .getVersions()
          .getFirst()
          .getSchema()
          .getOpenAPIV3Schema()
          .getProperties()
          .get("status")
          .getDefault();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void everyPhaseHasACase() {
    Set<Phase> seen =
        Arrays.stream(Case.values())
            .filter(c -> c.situation != null)
            .map(c -> c.situation.phase())
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(Phase.class)));
    assertThat(seen).containsExactlyInAnyOrder(Phase.values());
  }

  @ParameterizedTest
  @EnumSource
  void flux(Case shape) {
    assertThat(kstatus(shape.object())).isEqualTo(shape.kstatus);
  }

  @ParameterizedTest
  @EnumSource
  void conditionsAreWellFormed(Case shape) {
    JsonNode conditions = shape.object().at("/status/conditions");
    for (JsonNode condition : conditions) {
      // metav1.Condition: what kubectl, Flux and cli-utils rely on.
      assertThat(condition.path("reason").asText())
          .matches("[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?");
      assertThat(condition.path("status").asText()).isIn("True", "False", "Unknown");
      assertThat(condition.path("lastTransitionTime").asText()).matches("\\d{4}-.*Z");
      assertThat(condition.path("observedGeneration").asLong()).isEqualTo(1);
      assertThat(condition.path("message").asText()).isNotEmpty();
    }
    assertThat(status(conditions, "Reconciling") + status(conditions, "Stalled"))
        .as("never both")
        .isNotEqualTo("TrueTrue");
  }

  @ParameterizedTest
  @EnumSource
  void argoCd(Case shape) throws Exception {
    assumeTrue(
        Arrays.stream(System.getenv("PATH").split(":", -1))
            .anyMatch(d -> Files.isExecutable(Path.of(d, "lua5.4"))),
        "lua5.4 is not installed");
    String program =
        "obj = "
            + lua(shape.object())
            + "\nlocal check = function()\n"
            + Files.readString(HEALTH)
            + "\nend\nlocal h = check()\nprint(h.status)\nprint(h.message)\n";

    String said = run(program);

    assertThat(said.lines().findFirst()).hasValue(shape.argo);
    if (shape.situation != null && shape.generation == 1) {
      assertThat(said.lines().skip(1).findFirst().orElseThrow()).isNotEmpty();
    }
  }

  /** The rules of kstatus for a kind that it does not know by name, in its order. */
  private static String kstatus(ObjectNode object) {
    if (object.at("/metadata").has("deletionTimestamp")) {
      return "Terminating";
    }
    JsonNode observed = object.at("/status/observedGeneration");
    if (!observed.isMissingNode()
        && observed.asLong() != object.at("/metadata/generation").asLong()) {
      return "InProgress";
    }
    JsonNode conditions = object.at("/status/conditions");
    if (status(conditions, "Reconciling").equals("True")) {
      return "InProgress";
    }
    if (status(conditions, "Stalled").equals("True")) {
      return "Failed";
    }
    return switch (status(conditions, "Ready")) {
      case "False", "Unknown" -> "InProgress";
      default -> "Current";
    };
  }

  private static String status(JsonNode conditions, String type) {
    for (JsonNode condition : conditions) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText();
      }
    }
    return "";
  }

  private static String run(String program) throws IOException, InterruptedException {
    Process lua = new ProcessBuilder("lua5.4", "-").redirectErrorStream(true).start();
    try (var in = lua.getOutputStream()) {
      in.write(program.getBytes(StandardCharsets.UTF_8));
    }
    String out = new String(lua.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(lua.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(lua.exitValue()).as(out).isZero();
    return out;
  }

  /** A JSON value as a Lua literal. */
  private static String lua(JsonNode node) {
    if (node.isObject()) {
      StringBuilder text = new StringBuilder("{");
      node.properties()
          .forEach(e ->
              text.append("[")
                  .append(quoted(e.getKey()))
                  .append("]=")
                  .append(lua(e.getValue()))
                  .append(","));
      return text.append("}").toString();
    }
    if (node.isArray()) {
      StringBuilder text = new StringBuilder("{");
      node.forEach(item -> text.append(lua(item)).append(","));
      return text.append("}").toString();
    }
    if (node.isNull()) {
      return "nil";
    }
    return node.isTextual() ? quoted(node.asText()) : node.asText();
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
  }
}
