package dev.slipway.operator.kubectl;

import dev.slipway.operator.pod.LogKey;
import dev.slipway.operator.pod.PodName;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** The log of a build whose pod is gone, as the operator keeps it. */
final class KeptLog {
  private KeptLog() {}

  /** The log of the last attempt; empty where none is kept. */
  static Optional<String> of(KubernetesClient client, String in, String name, long number) {
    ConfigMap map = client.configMaps().inNamespace(in).withName(PodName.log(name, number)).get();
    if (map == null || map.getBinaryData() == null) {
      return Optional.empty();
    }
    return map.getBinaryData().entrySet().stream()
        .filter(entry -> attempt(entry) > 0)
        .max(Comparator.comparingInt(KeptLog::attempt))
        .map(entry -> unpacked(entry.getValue()));
  }

  private static int attempt(Map.Entry<String, String> entry) {
    return LogKey.parse(entry.getKey()).map(LogKey::attempt).orElse(0);
  }

  private static String unpacked(String base64) {
    byte[] packed = Base64.getDecoder().decode(base64);
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the log that was kept cannot be unpacked", e);
    }
  }
}
