package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.Phase;
import dev.slipway.e2e.operator.Scenario.Stage;
import dev.slipway.e2e.operator.SimulatedNode.Fate;
import dev.slipway.operator.Operator;
import dev.slipway.operator.queue.Limits;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What somebody sees who applies the same files for ever. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
abstract class GitOps {
  private final AtomicInteger namespaces = new AtomicInteger();

  @SuppressWarnings("NullAway.Init")
  private Api plane;

  @SuppressWarnings("NullAway.Init")
  private SimulatedNode node;

  @SuppressWarnings("NullAway.Init")
  private KubernetesClient own;

  @SuppressWarnings("NullAway.Init")
  private Operator operator;

  @SuppressWarnings("NullAway.Init")
  private Stage stage;

  private String team = "";

  /** Holds who owns which fields, where the API server keeps account of it. */
  void owners(List<ManagedFieldsEntry> entries) {}

  /** The API server to do it on. */
  abstract Api api(Path directory) throws IOException;

  @BeforeAll
  void startApi(@TempDir Path directory) throws IOException {
    plane = api(directory);
    node = new SimulatedNode(plane.client(), _ -> new Fate.Success());
  }

  @AfterAll
  void stopApi() {
    if (plane != null) {
      node.close();
      plane.close();
    }
  }

  @BeforeEach
  void start() {
    team = "gitops-" + namespaces.incrementAndGet();
    plane.namespace(team);
    own = new KubernetesClientBuilder().withConfig(plane.config()).build();
    operator = Operator.start(own, Mortal.settings(team, Limits.NONE));
    stage = new Stage(plane.client(), node, team);
  }

  @AfterEach
  void stop() {
    operator.close();
    own.close();
  }

  private String manifest(String target) {
    return """
    apiVersion: slipway.dev/v1alpha1
    kind: ImageBuild
    metadata:
      name: app
      namespace: %s
      labels: {team: a}
    spec:
      source: {git: {url: "https://git.example.com/app.git", ref: 0123456789abcdef0123456789abcdef01234567}}
      target: %s
      output: {image: registry.example.com/team/app}
    """
        .formatted(team, target);
  }

  private ImageBuild apply(String manager, String yaml, boolean force) {
    return apply(yaml, manager, force, false);
  }

  /** As a tool does that knows nothing of the kind: what is not in the file is not sent. */
  private ImageBuild apply(String yaml, String manager, boolean force, boolean dry) {
    PatchContext context =
        new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(manager)
            .withForce(force)
            .withDryRun(dry ? List.of("All") : null)
            .build();
    GenericKubernetesResource object =
        Serialization.unmarshal(yaml, GenericKubernetesResource.class);
    return Serialization.unmarshal(
        Serialization.asJson(plane.client().resource(object).inNamespace(team).patch(context)),
        ImageBuild.class);
  }

  @Test
  void toApplyTheSameAHundredTimesWritesNothing() {
    apply("flux", manifest("prod"), true);
    stage.awaitPhase(Phase.SUCCEEDED);
    String version = stage.build().get().getMetadata().getResourceVersion();

    for (int i = 0; i < 100; i++) {
      assertThat(apply("flux", manifest("prod"), true).getMetadata().getResourceVersion())
          .isEqualTo(version);
    }

    assertThat(stage.build().get().getMetadata().getResourceVersion()).isEqualTo(version);
    assertThat(node.born(team)).hasSize(1);
  }

  @Test
  void theSpecIsNeverOursAndTheStatusNeverTheirs() {
    ImageBuild applied = apply("flux", manifest("prod"), true);
    stage.awaitPhase(Phase.SUCCEEDED);
    ImageBuild now = stage.build().get();

    assertThat(now.getSpec()).isEqualTo(applied.getSpec());
    assertThat(now.getMetadata().getGeneration()).isEqualTo(1);
    owners(now.getMetadata().getManagedFields());
    assertThat(now.getMetadata().getFinalizers()).isEmpty();
    assertThat(now.getMetadata().getLabels()).containsOnlyKeys("team");
  }

  @Test
  void twoManagersOwnTheirOwnFields() {
    apply("flux", manifest("prod"), true);
    String other =
        """
        apiVersion: slipway.dev/v1alpha1
        kind: ImageBuild
        metadata: {name: app, namespace: %s}
        spec: {priority: 7}
        """
            .formatted(team);
    apply("platform", other, true);
    apply("flux", manifest("prod"), true);

    assertThat(stage.build().get().getSpec().priority()).isEqualTo(7);
    assertThatThrownBy(
            () -> apply("platform", other.replace("priority: 7", "target: debug"), false))
        .isInstanceOfSatisfying(
            KubernetesClientException.class, e -> assertThat(e.getCode()).isEqualTo(409));
    assertThat(stage.build().get().getSpec().target()).isEqualTo("prod");
    // Adoption: what is forced is theirs from then on.
    apply("platform", other.replace("priority: 7", "target: debug"), true);
    assertThat(stage.build().get().getSpec().target()).isEqualTo("debug");
  }

  @Test
  void pruneTakesEverythingAlong() {
    apply("flux", manifest("prod"), true);
    stage.awaitPhase(Phase.SUCCEEDED);

    stage.build().delete();

    Stage.await()
        .until(() ->
            stage.build().get() == null
                && plane.client().pods().inNamespace(team).list().getItems().isEmpty());
    // And back again: a new object, and a new build.
    apply("flux", manifest("prod"), true);
    stage.awaitPhase(Phase.SUCCEEDED);
    assertThat(node.born(team)).hasSize(2);
  }

  @Test
  void aRequestByAnnotationSurvivesTheNextApply() {
    apply("flux", manifest("prod"), true);
    stage.awaitPhase(Phase.SUCCEEDED);
    stage.ask(ImageBuild.REQUESTED_AT);
    Stage.await().until(() -> node.started(team, 2).isPresent());
    stage.awaitPhase(Phase.SUCCEEDED);
    String version = stage.build().get().getMetadata().getResourceVersion();

    apply("flux", manifest("prod"), true);

    assertThat(stage.build().get().getMetadata().getResourceVersion()).isEqualTo(version);
    assertThat(stage.build().get().getMetadata().getAnnotations())
        .containsKey(ImageBuild.REQUESTED_AT);
    assertThat(node.born(team)).hasSize(2);
  }

  /** What {@code kubectl diff} does: the same apply, dry. */
  @Test
  void aDryRunShowsTheDefaultsAndStoresNothing() {
    apply("flux", manifest("prod"), true);
    stage.awaitPhase(Phase.SUCCEEDED);
    ImageBuild before = stage.build().get();

    ImageBuild dry = apply(manifest("prod"), "flux", true, true);
    ImageBuild changed = apply(manifest("debug"), "flux", true, true);

    assertThat(dry.getSpec()).isEqualTo(before.getSpec());
    assertThat(dry.getStatus()).isEqualTo(before.getStatus());
    assertThat(changed.getSpec().target()).isEqualTo("debug");
    assertThat(stage.build().get().getMetadata().getResourceVersion())
        .isEqualTo(before.getMetadata().getResourceVersion());
    assertThat(node.born(team)).hasSize(1);
  }
}
