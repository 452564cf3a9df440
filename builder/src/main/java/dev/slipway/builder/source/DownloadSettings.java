package dev.slipway.builder.source;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How URLs of contexts and of ADD are fetched.
 *
 * @param addresses which servers may be asked
 * @param maxBytes the largest body that is taken
 * @param timeout for connecting, and for each wait for more bytes
 * @param attempts how often a failure that may pass is tried again, the first time included
 * @param caBundle certificates to trust beside the system's
 * @param authorization the value of the Authorization header by host, with the port where it is not
 *     the default
 * @param environment the variables with proxies; see {@link EnvironmentProxies}
 */
public record DownloadSettings(
    AddressPolicy addresses,
    long maxBytes,
    Duration timeout,
    int attempts,
    Optional<Path> caBundle,
    Map<String, String> authorization,
    Map<String, String> environment) {
  private static final String HEADER = "HTTP_AUTH_HEADER_";
  private static final String TOKEN = "HTTP_AUTH_TOKEN_";

  public DownloadSettings {
    authorization = Map.copyOf(authorization);
    environment = Map.copyOf(environment);
  }

  /** 16 GiB, three attempts, no credentials. */
  public static DownloadSettings defaults() {
    return new DownloadSettings(
        AddressPolicy.NO_METADATA,
        16L << 30,
        Duration.ofSeconds(30),
        3,
        Optional.empty(),
        Map.of(),
        System.getenv());
  }

  /**
   * With the build secrets {@code HTTP_AUTH_HEADER_HOST} and {@code HTTP_AUTH_TOKEN_HOST}, as
   * BuildKit names them: a whole header, or a bearer token. Other secrets are not looked at.
   */
  public DownloadSettings withSecrets(Map<String, byte[]> secrets) {
    Map<String, String> all = new java.util.HashMap<>(authorization);
    secrets.forEach((name, value) -> {
      String text = new String(value, java.nio.charset.StandardCharsets.UTF_8).strip();
      if (name.startsWith(HEADER)) {
        all.put(name.substring(HEADER.length()), text);
      } else if (name.startsWith(TOKEN)) {
        all.putIfAbsent(name.substring(TOKEN.length()), "Bearer " + text);
      }
    });
    return new DownloadSettings(addresses, maxBytes, timeout, attempts, caBundle, all, environment);
  }

  public DownloadSettings withAddresses(AddressPolicy value) {
    return new DownloadSettings(
        value, maxBytes, timeout, attempts, caBundle, authorization, environment);
  }

  public DownloadSettings withMaxBytes(long value) {
    return new DownloadSettings(
        addresses, value, timeout, attempts, caBundle, authorization, environment);
  }
}
