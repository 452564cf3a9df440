package dev.slipway.operator.imagebuild;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.ImageBuild;
import dev.slipway.operator.digest.Sha256;
import dev.slipway.operator.imagebuild.Plan.Notice;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.net.HttpURLConnection;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kubernetes Events about one ImageBuild, as it was read. The name of an Event follows from what it
 * says: told twice about the same state of the object it is one Event; about a later state, the
 * same one counts up.
 */
final class Events {
  private static final Logger log = LoggerFactory.getLogger(Events.class);
  private static final int LONGEST_MESSAGE = 1024;
  private static final int LONGEST_NAME = 253;

  private final KubernetesClient client;
  private final Clock clock;
  private final ImageBuild about;

  Events(KubernetesClient client, Clock clock, ImageBuild about) {
    this.client = client;
    this.clock = clock;
    this.about = about;
  }

  /**
   * Tells people. An Event that cannot be written is not worth a failed reconciliation, nor one
   * that waits: big clusters keep Events in a store of their own, and a status must not depend on
   * it.
   */
  void tell(Notice notice) {
    try {
      client
          .adapt(NamespacedKubernetesClient.class)
          .withRequestConfig(new RequestConfigBuilder().withRequestRetryBackoffLimit(1).build())
          .call(quick -> write(quick, event(notice)));
    } catch (KubernetesClientException e) {
      log.warn("event {} could not be written", notice.reason(), e);
    }
  }

  private static Event write(KubernetesClient client, Event event) {
    Resource<Event> place = client.v1().events().resource(event);
    try {
      return place.create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
    Event there = place.get();
    boolean told =
        there == null // Events live for an hour; that hour is over.
            || there
                .getInvolvedObject()
                .getResourceVersion()
                .equals(event.getInvolvedObject().getResourceVersion());
    return told
        ? event
        : place.patch(
            new EventBuilder(event)
                .withFirstTimestamp(there.getFirstTimestamp())
                .withCount(Objects.requireNonNullElse(there.getCount(), 1) + 1)
                .build());
  }

  private Event event(Notice notice) {
    String time = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    String message = notice.message();
    return new EventBuilder()
        .withNewMetadata()
        .withNamespace(about.getMetadata().getNamespace())
        .withName(name(notice))
        .endMetadata()
        .withType(notice.warning() ? "Warning" : "Normal")
        .withReason(notice.reason())
        .withMessage(
            message.length() <= LONGEST_MESSAGE
                ? message
                : message.substring(0, LONGEST_MESSAGE - 1) + "…")
        .withFirstTimestamp(time)
        .withLastTimestamp(time)
        .withCount(1)
        .withNewSource()
        .withComponent("slipway")
        .endSource()
        .withReportingComponent("slipway.dev/operator")
        .withReportingInstance("slipway")
        .withNewInvolvedObject()
        .withApiVersion(about.getApiVersion())
        .withKind(about.getKind())
        .withNamespace(about.getMetadata().getNamespace())
        .withName(about.getMetadata().getName())
        .withUid(about.getMetadata().getUid())
        .withResourceVersion(about.getMetadata().getResourceVersion())
        .endInvolvedObject()
        .build();
  }

  private String name(Notice notice) {
    BuildStatus last = about.getStatus() == null ? null : about.getStatus().build();
    String said =
        String.join(
            "\n",
            about.getMetadata().getUid(),
            last == null ? "" : last.number() + "." + last.attempt(),
            notice.reason(),
            notice.message());
    String tail = "." + Sha256.hex(said).substring(0, 16);
    String head = about.getMetadata().getName();
    return head.substring(0, Math.min(head.length(), LONGEST_NAME - tail.length())) + tail;
  }
}
