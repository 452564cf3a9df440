package dev.slipway.operator.kubectl;

import dev.slipway.api.BuildStatus;
import dev.slipway.api.Failure;
import dev.slipway.api.ImageBuild;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.api.Outcome;
import dev.slipway.api.Phase;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Follows one build from the request to its end. */
final class Follower {
  private static final long PAUSE = 200;

  private final KubernetesClient client;
  private final String namespace;
  private final String name;
  private final Screen screen;
  private final Set<String> logged = new HashSet<>();

  Follower(KubernetesClient client, String namespace, String name, Screen screen) {
    this.client = client;
    this.namespace = namespace;
    this.name = name;
    this.screen = screen;
  }

  /**
   * Waits until the build that answers a request has ended.
   *
   * @param request the value of the annotation that asks for it; null for the build there is
   * @return 0 if it succeeded
   */
  int follow(@Nullable String request) {
    while (true) {
      ImageBuild object = OnCluster.require(client, namespace, name);
      ImageBuildStatus status = Texts.status(object);
      BuildStatus build = status.build();
      boolean answered =
          build != null
              && (request == null || request.equals(status.lastHandledRequestedAt()))
              && Objects.equals(status.observedGeneration(), object.getMetadata().getGeneration());
      if (answered && build != null) {
        if (build.podName() != null && log(build.podName())) {
          continue; // what it says is over by now
        }
        if (build.outcome() != null) {
          return end(status, build);
        }
      } else if (status.phase() == Phase.FAILED
          && status.failure() != null
          && request != null
          && build == null) {
        return end(status, null);
      }
      screen.at(state(status, answered));
      pause();
    }
  }

  private static String state(ImageBuildStatus status, boolean answered) {
    if (status.phase() == null || (!answered && status.build() == null)) {
      return status.phase() == null ? "waiting for the operator" : message(status);
    }
    return answered ? message(status) : "waiting for the operator";
  }

  private static String message(ImageBuildStatus status) {
    return Texts.word(status.phase())
        + ": "
        + status.condition("Ready").map(c -> c.message()).orElse("");
  }

  /** Whether a log was followed to its end. */
  private boolean log(String podName) {
    PodLog log = new PodLog(client, namespace, podName);
    if (logged.contains(podName) || !log.started()) {
      return false;
    }
    logged.add(podName);
    log.follow(screen::log);
    return true;
  }

  private int end(ImageBuildStatus status, @Nullable BuildStatus build) {
    Failure failure = status.failure();
    if (build != null && build.outcome() == Outcome.SUCCEEDED) {
      screen.end(true, "Succeeded: " + status.image());
      return 0;
    }
    if (failure == null) {
      screen.end(false, message(status));
      return 1;
    }
    String place =
        failure.file() == null
            ? ""
            : " (" + failure.file() + (failure.line() == null ? "" : ":" + failure.line()) + ")";
    screen.end(false, failure.reason() + place + ": " + failure.message());
    return 1;
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted; the build goes on", e);
    }
  }
}
