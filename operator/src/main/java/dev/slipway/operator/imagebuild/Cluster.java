package dev.slipway.operator.imagebuild;

import dev.slipway.api.ImageBuild;
import dev.slipway.api.Reasons;
import dev.slipway.operator.pod.PodState.Trouble;
import dev.slipway.operator.pod.PodWarning;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.net.HttpURLConnection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The calls that the reconciler makes to the API server. Thread-safe. */
final class Cluster {
  private static final Logger log = LoggerFactory.getLogger(Cluster.class);

  private final KubernetesClient client;

  Cluster(KubernetesClient client) {
    this.client = client;
  }

  /** What came of creating a pod. */
  sealed interface Creation {
    /** It is new. */
    record Created(Pod pod) implements Creation {}

    /** It was there already, as the API server has it now. */
    record Found(Pod pod) implements Creation {}

    /** The API server refuses it, for now. */
    record Refused(Trouble trouble) implements Creation {}
  }

  /**
   * Whether nobody has written the object since it was read. Asked before a pod is created: a pod's
   * name keeps it from being there twice, and only this from being created again when it is gone.
   *
   * @throws KubernetesClientException if the API server does not answer
   */
  boolean isCurrent(ImageBuild read) {
    ImageBuild now = client.resource(read).get();
    return now != null
        && Objects.equals(now.getMetadata().getUid(), read.getMetadata().getUid())
        && Objects.equals(
            now.getMetadata().getResourceVersion(), read.getMetadata().getResourceVersion());
  }

  /**
   * Creates the first of these that Pod Security admits, or finds the pod of this name that is
   * there already. What a namespace admits only its API server knows: labels are not all that
   * decides, there are also the cluster's defaults and exemptions.
   *
   * @param alternatives the same pod, with less and less isolation
   * @throws KubernetesClientException if the API server does not answer
   */
  Creation create(List<Pod> alternatives) {
    for (Iterator<Pod> rest = alternatives.iterator(); ; ) {
      Pod pod = rest.next();
      try {
        return new Creation.Created(post(pod));
      } catch (KubernetesClientException e) {
        if (!rest.hasNext() || !byPodSecurity(e)) {
          return answer(pod, e);
        }
        log.debug("{} is not admitted: {}", pod.getMetadata().getName(), message(e));
      }
    }
  }

  /** What goes wrong here is to be said in seconds, so the client's own patience is cut short. */
  private Pod post(Pod pod) {
    return client
        .adapt(NamespacedKubernetesClient.class)
        .withRequestConfig(new RequestConfigBuilder().withRequestRetryBackoffLimit(2).build())
        .call(quick -> quick.resource(pod).create());
  }

  private Creation answer(Pod pod, KubernetesClientException e) {
    return switch (e.getCode()) {
      case HttpURLConnection.HTTP_CONFLICT -> existing(pod, e);
      case HttpURLConnection.HTTP_FORBIDDEN,
          HttpURLConnection.HTTP_BAD_REQUEST,
          HttpURLConnection.HTTP_NOT_FOUND,
          422,
          // An admission webhook that does not answer, or a quota that cannot be looked up.
          HttpURLConnection.HTTP_INTERNAL_ERROR ->
          new Creation.Refused(refusal(e));
      default -> throw e;
    };
  }

  private static boolean byPodSecurity(KubernetesClientException e) {
    return e.getCode() == HttpURLConnection.HTTP_FORBIDDEN
        && message(e).contains("violates PodSecurity");
  }

  private Creation existing(Pod wanted, KubernetesClientException conflict) {
    Pod found = pod(wanted.getMetadata().getNamespace(), wanted.getMetadata().getName());
    if (found == null) {
      // It went away in between, or the conflict was another one (a quota being updated).
      throw conflict;
    }
    String owner = owner(wanted);
    if (owner.equals(owner(found))) {
      return new Creation.Found(found);
    }
    return new Creation.Refused(
        new Trouble(
            Reasons.POD_NAME_TAKEN,
            "a pod named "
                + wanted.getMetadata().getName()
                + " exists and is not of this ImageBuild; delete it, and the build goes on by"
                + " itself"));
  }

  private static String owner(HasMetadata object) {
    return object.getMetadata().getOwnerReferences().stream()
        .filter(o -> Boolean.TRUE.equals(o.getController()))
        .map(OwnerReference::getUid)
        .findFirst()
        .orElse("");
  }

  private static Trouble refusal(KubernetesClientException e) {
    String message = message(e);
    String lower = message.toLowerCase(Locale.ROOT);
    // "exceeded quota: ", "failed quota: ", and "status unknown for quota: " of a new one.
    if (lower.contains(" quota: ")) {
      return new Trouble(
          Reasons.QUOTA_EXCEEDED, message + "; the build starts by itself once there is room");
    }
    if (lower.contains("serviceaccount") || lower.contains("service account")) {
      return new Trouble(
          Reasons.SERVICE_ACCOUNT_NOT_FOUND,
          message + "; create it in this namespace, and the build starts by itself");
    }
    if (e.getCode() == HttpURLConnection.HTTP_INTERNAL_ERROR) {
      return new Trouble(
          Reasons.POD_REJECTED,
          "the API server could not decide on the builder pod: "
              + message
              + "; if that is an admission webhook, its owner has to look, and the build starts by"
              + " itself once it answers");
    }
    return new Trouble(
        Reasons.POD_REJECTED,
        byPodSecurity(e)
            ? message
                + "; the platform allows builder pods no isolation that this namespace admits (see"
                + " the operator's --isolation and --seccomp-profile)"
            : "the API server does not accept the builder pod: " + message);
  }

  private static String message(KubernetesClientException e) {
    return Optional.ofNullable(e.getStatus())
        .map(Status::getMessage)
        .orElse(Objects.requireNonNullElse(e.getMessage(), "no message"));
  }

  /** The pod as the API server has it now; null where there is none. */
  @Nullable Pod pod(String namespace, String name) {
    return client.pods().inNamespace(namespace).withName(name).get();
  }

  /** Deletes a builder pod; one that is gone already is fine. */
  void delete(String namespace, String name) {
    client.pods().inNamespace(namespace).withName(name).delete();
  }

  /**
   * Writes a ConfigMap that is ours; one of that name that is somebody else's is left alone.
   *
   * @return whether it was written
   * @throws KubernetesClientException if the API server does not take it
   */
  boolean publish(ConfigMap wanted) {
    try {
      client.resource(wanted).create();
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
    ConfigMap found = client.resource(wanted).get();
    if (found != null && owner(found).equals(owner(wanted))) {
      found.setData(wanted.getData());
      client.resource(found).update();
      return true;
    }
    return false;
  }

  /** Warning events about a pod, oldest first. */
  List<PodWarning> warnings(Pod pod) {
    String uid = pod.getMetadata().getUid();
    try {
      return client
          .v1()
          .events()
          .inNamespace(pod.getMetadata().getNamespace())
          .withField("involvedObject.uid", uid)
          .list()
          .getItems()
          .stream()
          // Not every API server knows the field selector.
          .filter(e -> e.getInvolvedObject() != null)
          .filter(e -> Objects.equals(uid, e.getInvolvedObject().getUid()))
          .filter(e -> "Warning".equals(e.getType()))
          .sorted(Comparator.comparing(Cluster::lastSeen))
          .map(e ->
              new PodWarning(
                  Objects.requireNonNullElse(e.getReason(), ""),
                  Objects.requireNonNullElse(e.getMessage(), "")))
          .toList();
    } catch (KubernetesClientException e) {
      log.debug("events of pod {} cannot be read", pod.getMetadata().getName(), e);
      return List.of();
    }
  }

  private static String lastSeen(Event event) {
    return event.getLastTimestamp() != null
        ? event.getLastTimestamp()
        : Objects.requireNonNullElse(event.getFirstTimestamp(), "");
  }

  /**
   * Writes the status, if nobody wrote the object since it was read.
   *
   * @throws KubernetesClientException with code 409 if somebody did
   */
  ImageBuild writeStatus(ImageBuild build) {
    return client.resource(build).updateStatus();
  }
}
