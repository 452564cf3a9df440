package dev.slipway.e2e.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.Phase;
import dev.slipway.e2e.operator.SimulatedNode.Fate;
import dev.slipway.operator.queue.Limits;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What keeps a pod out on a real API server, with its own words: named in seconds, and once it has
 * passed the build goes on by itself.
 */
@Tag("cluster")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
final class RealTroubleTest {
  private static final Duration BY_ITSELF = Duration.ofSeconds(60);

  /** Four times what is promised: the whole control plane shares the machine with the tests. */
  private static final Duration IN_TIME = Team.IN_TIME.multipliedBy(4);

  @SuppressWarnings("NullAway.Init")
  private Api plane;

  @SuppressWarnings("NullAway.Init")
  private SimulatedNode node;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    plane = Api.real(directory);
    node = new SimulatedNode(plane.client(), _ -> new Fate.Success());
  }

  @AfterAll
  void stop() {
    if (plane != null) {
      node.close();
      plane.close();
    }
  }

  /** A cause, how it is made, and how it passes. */
  enum Cause {
    QUOTA(
        "QuotaExceeded",
        "exceeded quota: builds, requested: pods=1, used: pods=0, limited: pods=0") {
      @Override
      void begin(KubernetesClient client, String namespace) {
        apply(
            client,
            """
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: builds, namespace: %s}
            spec: {hard: {pods: 0}}
            """,
            namespace);
        Team.within(
            BY_ITSELF,
            () -> {
              var quota = client.resourceQuotas().inNamespace(namespace).withName("builds").get();
              return quota.getStatus() != null && quota.getStatus().getHard() != null;
            });
      }

      @Override
      void end(KubernetesClient client, String namespace) {
        client.resourceQuotas().inNamespace(namespace).withName("builds").delete();
      }
    },

    ADMISSION_POLICY("PodRejected", "denied request: no builds on Fridays") {
      @Override
      void begin(KubernetesClient client, String namespace) {
        apply(
            client,
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicy
            metadata: {name: fridays}
            spec:
              matchConstraints:
                resourceRules:
                - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
              validations:
              - {expression: "object.metadata.namespace != '%s'", message: no builds on Fridays}
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingAdmissionPolicyBinding
            metadata: {name: fridays}
            spec: {policyName: fridays, validationActions: [Deny]}
            """,
            namespace);
        awaitRefusal(client, namespace);
      }

      @Override
      void end(KubernetesClient client, String namespace) {
        client
            .admissionRegistration()
            .v1()
            .validatingAdmissionPolicyBindings()
            .withName("fridays")
            .delete();
      }
    },

    SERVICE_ACCOUNT(
        "ServiceAccountNotFound",
        "error looking up service account cause-service-account/builder: serviceaccount \"builder\""
            + " not found") {
      @Override
      void begin(KubernetesClient client, String namespace) {}

      @Override
      String spec() {
        return "  pod: {serviceAccountName: builder}";
      }

      @Override
      void end(KubernetesClient client, String namespace) {
        apply(
            client,
            """
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: builder, namespace: %s}
            """,
            namespace);
      }
    },

    POD_SECURITY("PodRejected", "violates PodSecurity \"restricted:latest\"") {
      @Override
      void begin(KubernetesClient client, String namespace) {
        label(client, namespace, "restricted");
      }

      @Override
      void end(KubernetesClient client, String namespace) {
        label(client, namespace, "privileged");
      }
    };

    final String reason;
    final String message;

    Cause(String reason, String message) {
      this.reason = reason;
      this.message = message;
    }

    abstract void begin(KubernetesClient client, String namespace);

    abstract void end(KubernetesClient client, String namespace);

    String spec() {
      return "";
    }

    private static void apply(KubernetesClient client, String yaml, String namespace) {
      client
          .load(
              new java.io.ByteArrayInputStream(
                  yaml.formatted(namespace).getBytes(java.nio.charset.StandardCharsets.UTF_8)))
          .serverSideApply();
    }

    private static void label(KubernetesClient client, String namespace, String level) {
      client
          .namespaces()
          .withName(namespace)
          .edit(n -> {
            n.getMetadata().getLabels().put("pod-security.kubernetes.io/enforce", level);
            return n;
          });
    }

    /** A policy is in force some time after it was made. */
    private static void awaitRefusal(KubernetesClient client, String namespace) {
      Awaitility.await()
          .atMost(BY_ITSELF)
          .pollInterval(Duration.ofMillis(200))
          .until(() -> {
            try {
              client
                  .pods()
                  .inNamespace(namespace)
                  .resource(
                      Serialization.unmarshal(
                          """
                          apiVersion: v1
                          kind: Pod
                          metadata: {name: probe}
                          spec: {containers: [{name: a, image: a}]}
                          """,
                          io.fabric8.kubernetes.api.model.Pod.class))
                  .dryRun()
                  .create();
              return false;
            } catch (io.fabric8.kubernetes.client.KubernetesClientException e) {
              return String.valueOf(e.getMessage()).contains("Fridays");
            }
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void isNamedInItsOwnWordsAndPasses(Cause cause) {
    String namespace = "cause-" + cause.name().toLowerCase(Locale.ROOT).replace('_', '-');
    plane.namespace(namespace);
    Team team = new Team(plane.client(), namespace, IN_TIME);
    // Pods are refused, with other words, before the namespace has its own service account.
    Team.within(
        BY_ITSELF,
        () ->
            plane.client().serviceAccounts().inNamespace(namespace).withName("default").get()
                != null);
    cause.begin(plane.client(), namespace);
    try (Mortal _ = new Mortal(plane.config(), namespace, Limits.NONE)) {
      ImageBuild app = Scenario.SUCCEEDS.manifest(namespace, cause.spec());
      plane.client().resource(app).create();

      team.assertNamed(cause.reason, cause.message);
      assertThat(node.born(namespace)).isEmpty();

      cause.end(plane.client(), namespace);
      Team.within(BY_ITSELF, () -> team.status().phase() == Phase.SUCCEEDED);
      assertThat(node.born(namespace)).hasSize(1);
      assertThat(team.status().build().attempt()).isEqualTo(1);
      assertThat(team.status().condition("Stalled")).isEmpty();
    }
  }
}
