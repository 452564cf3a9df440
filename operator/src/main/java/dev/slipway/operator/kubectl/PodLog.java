package dev.slipway.operator.kubectl;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.LogWatch;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** The log of a builder pod. */
final class PodLog {
  private final PodResource pod;
  private final String name;

  PodLog(KubernetesClient client, String namespace, String name) {
    this.name = name;
    pod = client.pods().inNamespace(namespace).withName(name);
  }

  boolean exists() {
    return pod.get() != null;
  }

  /** Whether its container has started, so that there is a log. */
  boolean started() {
    Pod now = pod.get();
    return now != null
        && now.getStatus() != null
        && now.getStatus().getContainerStatuses().stream()
            .anyMatch(c ->
                c.getState() != null
                    && (c.getState().getRunning() != null || c.getState().getTerminated() != null));
  }

  /** All there is now. */
  void print(Consumer<String> to) {
    try (Reader log = new InputStreamReader(pod.getLogInputStream(), StandardCharsets.UTF_8)) {
      copy(log, to);
    } catch (IOException e) {
      throw new UncheckedIOException("the log of pod " + name + " broke off", e);
    }
  }

  /** All there is, and what comes, until the container ends. */
  void follow(Consumer<String> to) {
    try (LogWatch watch = pod.watchLog();
        Reader log = new InputStreamReader(watch.getOutput(), StandardCharsets.UTF_8)) {
      copy(log, to);
    } catch (IOException e) {
      throw new UncheckedIOException("the log of pod " + name + " broke off", e);
    }
  }

  private static void copy(Reader log, Consumer<String> to) throws IOException {
    char[] buffer = new char[8192];
    for (int n = log.read(buffer); n >= 0; n = log.read(buffer)) {
      to.accept(new String(buffer, 0, n));
    }
  }
}
