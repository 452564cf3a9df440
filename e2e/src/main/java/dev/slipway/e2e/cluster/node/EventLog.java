package dev.slipway.e2e.cluster.node;

import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The events of one pod. What was said before is not said again. */
final class EventLog {
  private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

  private final KubernetesClient client;
  private final Pod pod;
  private final String component;
  private final Clock clock;
  private final Set<String> said = new HashSet<>();

  EventLog(KubernetesClient client, Pod pod, String component, Clock clock) {
    this.client = client;
    this.pod = pod;
    this.component = component;
    this.clock = clock;
  }

  void normal(String reason, String message) {
    record("Normal", reason, message);
  }

  void warning(String reason, String message) {
    record("Warning", reason, message);
  }

  private synchronized void record(String type, String reason, String message) {
    if (!said.add(reason + message)) {
      return;
    }
    String now = PodStatuses.time(clock.instant());
    String namespace = pod.getMetadata().getNamespace();
    try {
      client
          .v1()
          .events()
          .inNamespace(namespace)
          .resource(
              new EventBuilder()
                  .withNewMetadata()
                  .withGenerateName(pod.getMetadata().getName() + ".")
                  .withNamespace(namespace)
                  .endMetadata()
                  .withNewInvolvedObject()
                  .withApiVersion("v1")
                  .withKind("Pod")
                  .withName(pod.getMetadata().getName())
                  .withNamespace(namespace)
                  .withUid(pod.getMetadata().getUid())
                  .endInvolvedObject()
                  .withType(type)
                  .withReason(reason)
                  .withMessage(message)
                  .withCount(1)
                  .withFirstTimestamp(now)
                  .withLastTimestamp(now)
                  .withNewSource(component, "slipway-node")
                  .build())
          .create();
    } catch (KubernetesClientException e) {
      LOG.debug("event {} of pod {}: {}", reason, pod.getMetadata().getName(), e.getMessage());
    }
  }
}
