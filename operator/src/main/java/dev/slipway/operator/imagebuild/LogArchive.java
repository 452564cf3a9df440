package dev.slipway.operator.imagebuild;

import dev.slipway.api.ImageBuild;
import dev.slipway.operator.imagebuild.Plan.Action;
import dev.slipway.operator.pod.BuilderPod;
import dev.slipway.operator.pod.LogKey;
import dev.slipway.operator.pod.Owner;
import dev.slipway.operator.pod.PodName;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs of builds whose pods are gone: a ConfigMap {@code <name>-log-<number>} a build, owned by its
 * ImageBuild, with a key {@code <attempt>.log.gz} for each attempt. Of a log that is too long the
 * end is kept. Keeping one twice is the same as once. Thread-safe.
 */
final class LogArchive {
  private static final Logger log = LoggerFactory.getLogger(LogArchive.class);

  /** An object may have 1 MiB in all; its attempts share that. */
  private static final int LARGEST = 300 << 10;

  private static final int LARGEST_READ = 8 << 20;

  /** A node that does not answer must not hold anybody up. */
  private static final RequestConfig ONE_SHORT_TRY =
      new RequestConfigBuilder().withRequestRetryBackoffLimit(0).withRequestTimeout(5_000).build();

  private final KubernetesClient client;

  LogArchive(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Keeps the log of a pod, and lets go of those that are more than {@code most} builds older. A
   * log that cannot be had keeps no pod from being deleted.
   */
  void keep(ImageBuild owner, Action.KeepLog what, int most) {
    if (most == 0) {
      return;
    }
    String namespace = owner.getMetadata().getNamespace();
    try {
      byte[] packed =
          packed(
              client
                  .adapt(NamespacedKubernetesClient.class)
                  .withRequestConfig(ONE_SHORT_TRY)
                  .call(impatient -> end(impatient, namespace, what.pod())));
      if (packed.length > 0) {
        write(owner, what, packed);
      }
      for (long old = what.number() - most; old > what.number() - most - 3 && old > 0; old--) {
        remove(owner, old);
      }
    } catch (KubernetesClientException | UncheckedIOException e) {
      log.warn("the log of builder pod {} in {} is lost", what.pod(), namespace, e);
    }
  }

  private static byte[] end(KubernetesClient impatient, String namespace, String pod) {
    try (InputStream in =
        impatient
            .pods()
            .inNamespace(namespace)
            .withName(pod)
            .inContainer(BuilderPod.CONTAINER)
            .getLogInputStream()) {
      return in == null ? new byte[0] : last(in, LARGEST_READ);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The last bytes of a stream. */
  static byte[] last(InputStream in, int most) throws IOException {
    byte[] ring = new byte[most];
    long total = 0;
    for (int at = 0, read; (read = in.read(ring, at, most - at)) >= 0; at = (at + read) % most) {
      total += read;
    }
    if (total <= most) {
      return Arrays.copyOf(ring, (int) total);
    }
    int start = (int) (total % most);
    byte[] bytes = new byte[most];
    System.arraycopy(ring, start, bytes, 0, most - start);
    System.arraycopy(ring, 0, bytes, most - start, start);
    return bytes;
  }

  /** Compressed to what fits: the whole of it, or as much of its end. */
  static byte[] packed(byte[] text) {
    byte[] kept = text;
    while (kept.length > 0) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
        gzip.write(kept);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      if (bytes.size() <= LARGEST) {
        return bytes.toByteArray();
      }
      kept = Arrays.copyOfRange(kept, kept.length / 2, kept.length);
    }
    return kept;
  }

  private void write(ImageBuild owner, Action.KeepLog what, byte[] packed) {
    Map<String, String> data = new HashMap<>();
    data.put(new LogKey(what.attempt()).toString(), Base64.getEncoder().encodeToString(packed));
    ConfigMap wanted =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(PodName.log(owner.getMetadata().getName(), what.number()))
            .withNamespace(owner.getMetadata().getNamespace())
            .addToLabels("app.kubernetes.io/managed-by", "slipway")
            .addToLabels(BuilderPod.IMAGE_BUILD, PodName.label(owner.getMetadata().getName()))
            .addToLabels(BuilderPod.BUILD_NUMBER, Long.toString(what.number()))
            .withOwnerReferences(Owner.of(owner))
            .endMetadata()
            .withBinaryData(data)
            .build();
    try {
      client.resource(wanted).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      add(owner, wanted, data);
    }
  }

  /** Another attempt of the same build was there before. */
  private void add(ImageBuild owner, ConfigMap wanted, Map<String, String> data) {
    ConfigMap found = client.resource(wanted).get();
    if (found == null || !isOf(owner, found)) {
      log.warn("the ConfigMap {} is not ours, so a log is lost", wanted.getMetadata().getName());
      return;
    }
    Map<String, String> all =
        new HashMap<>(Objects.requireNonNullElse(found.getBinaryData(), Map.of()));
    all.putAll(data);
    if (all.values().stream().mapToInt(String::length).sum() > 3 * LARGEST) {
      all = data;
    }
    found.setBinaryData(all);
    client.resource(found).update();
  }

  private void remove(ImageBuild owner, long number) {
    var old =
        client
            .configMaps()
            .inNamespace(owner.getMetadata().getNamespace())
            .withName(PodName.log(owner.getMetadata().getName(), number));
    ConfigMap found = old.get();
    if (found != null && isOf(owner, found)) {
      old.delete();
    }
  }

  private static boolean isOf(ImageBuild owner, ConfigMap map) {
    return map.getMetadata().getOwnerReferences().stream()
        .anyMatch(o -> owner.getMetadata().getUid().equals(o.getUid()));
  }
}
