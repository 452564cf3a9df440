package dev.slipway.e2e.operator;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.Phase;
import dev.slipway.e2e.operator.SimulatedNode.Born;
import dev.slipway.e2e.operator.SimulatedNode.Fate;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * The life of one ImageBuild: what its pods come to, what its user does meanwhile, and what must be
 * true in the end.
 */
enum Scenario {
  SUCCEEDS(List.of("1.1"), Phase.SUCCEEDED) {},

  FAILS(List.of("1.1"), Phase.FAILED) {
    @Override
    Fate fate(Born pod) {
      return new Fate.RunFails();
    }
  },

  IS_EVICTED_AND_TRIED_AGAIN(List.of("1.1", "1.2"), Phase.SUCCEEDED) {
    @Override
    Fate fate(Born pod) {
      return pod.build().attempt() == 1 ? new Fate.Evicted() : new Fate.Success();
    }

    @Override
    List<String> told() {
      return List.of("PodEvicted", "Succeeded");
    }
  },

  IS_CANCELLED(List.of("1.1"), Phase.CANCELLED) {
    @Override
    Fate fate(Born pod) {
      return new Fate.RunsOn();
    }

    @Override
    void play(Stage stage) {
      stage.awaitStart(1);
      stage.ask(ImageBuild.CANCEL_REQUESTED_AT);
    }
  },

  IS_SUPERSEDED(List.of("1.1", "2.1"), Phase.SUCCEEDED) {
    @Override
    List<String> told() {
      return List.of("Superseded", "Succeeded");
    }

    @Override
    Fate fate(Born pod) {
      return pod.build().number() == 1 ? new Fate.RunsOn() : new Fate.Success();
    }

    @Override
    void play(Stage stage) {
      stage.awaitStart(1);
      stage.patch("{\"spec\":{\"target\":\"prod\"}}");
    }
  },

  IS_OVERTAKEN(List.of("1.1", "2.1"), Phase.SUCCEEDED) {
    @Override
    String spec() {
      return "  concurrencyPolicy: Allow";
    }

    @Override
    Fate fate(Born pod) {
      return pod.build().number() == 1 ? new Fate.RunsOn() : new Fate.Success();
    }

    @Override
    void play(Stage stage) {
      stage.awaitStart(1);
      stage.patch("{\"spec\":{\"target\":\"prod\"}}");
    }
  },

  IS_REQUESTED_AGAIN(List.of("1.1", "2.1"), Phase.SUCCEEDED) {
    @Override
    List<String> told() {
      return List.of("Succeeded", "Succeeded");
    }

    @Override
    void play(Stage stage) {
      stage.awaitPhase(Phase.SUCCEEDED);
      stage.ask(ImageBuild.REQUESTED_AT);
    }
  },

  LEAVES_NOTHING_BUT_THE_IMAGE(List.of("1.1"), Phase.SUCCEEDED) {
    @Override
    String output() {
      return ", configMap: true";
    }

    @Override
    String spec() {
      return "  retention: {succeeded: 0, failed: 0}";
    }

    @Override
    boolean keepsPods() {
      return false;
    }
  };

  /** Attempts that are made, as "number.attempt". */
  final List<String> attempts;

  final Phase end;

  Scenario(List<String> attempts, Phase end) {
    this.attempts = attempts;
    this.end = end;
  }

  /** More fields of the output. */
  String output() {
    return "";
  }

  /** More lines of the spec. */
  String spec() {
    return "";
  }

  Fate fate(Born pod) {
    return new Fate.Success();
  }

  /** What the user does after having applied it. */
  void play(Stage stage) {}

  /** Reasons of the events, whenever the operator dies. */
  List<String> told() {
    return switch (end) {
      case FAILED -> List.of("RunFailed");
      case CANCELLED -> List.of("Cancelled");
      default -> List.of("Succeeded");
    };
  }

  boolean keepsPods() {
    return true;
  }

  ImageBuild manifest(String namespace) {
    return manifest(namespace, spec());
  }

  /** With these lines at the end of the spec. */
  ImageBuild manifest(String namespace, String more) {
    return Serialization.unmarshal(
        """
        apiVersion: slipway.dev/v1alpha1
        kind: ImageBuild
        metadata: {name: app, namespace: %s}
        spec:
          source: {git: {url: "https://git.example.com/app.git", ref: %s}}
          output: {image: registry.example.com/team/app%s}
          retries: 2
        """
                .formatted(namespace, "0123456789abcdef0123456789abcdef01234567", output())
            + more,
        ImageBuild.class);
  }

  /** Where a scenario plays: the user's own way to the API server, which nobody cuts. */
  record Stage(KubernetesClient client, SimulatedNode node, String namespace) {
    Resource<ImageBuild> build() {
      return client.resources(ImageBuild.class).inNamespace(namespace).withName("app");
    }

    void awaitStart(long number) {
      await().until(() -> node.started(namespace, number).isPresent());
    }

    void awaitPhase(Phase phase) {
      await()
          .until(() -> {
            ImageBuild now = build().get();
            return now.getStatus() != null && now.getStatus().phase() == phase;
          });
    }

    /**
     * Requests are annotations. A patch cannot conflict with what the operator writes meanwhile.
     */
    void ask(String annotation) {
      patch(
          "{\"metadata\":{\"annotations\":{\"%s\":\"%s\"}}}".formatted(annotation, Instant.now()));
    }

    void patch(String merge) {
      build().patch(PatchContext.of(PatchType.JSON_MERGE), merge);
    }

    static org.awaitility.core.ConditionFactory await() {
      return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
    }
  }
}
