package dev.slipway.builder.registry;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.network.NoProxy;
import dev.slipway.builder.network.ProxyVariable;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which requests go through a proxy: {@code HTTP_PROXY}, {@code HTTPS_PROXY} and {@code NO_PROXY}
 * (or lower-case).
 *
 * @param http for plain HTTP, null for none
 * @param https for HTTPS, null for none
 * @param exceptions what {@code NO_PROXY} says
 */
public record ProxySettings(@Nullable URI http, @Nullable URI https, NoProxy exceptions) {

  public static final ProxySettings NONE = new ProxySettings(null, null, NoProxy.of(""));

  /**
   * Reads the variables.
   *
   * @throws BuildException {@code USAGE} for a proxy that is no URL with a host
   */
  public static ProxySettings fromEnvironment(Map<String, String> environment) {
    return new ProxySettings(
        proxy("HTTP_PROXY", ProxyVariable.of(environment, "HTTP_PROXY")),
        proxy("HTTPS_PROXY", ProxyVariable.of(environment, "HTTPS_PROXY")),
        NoProxy.of(ProxyVariable.of(environment, "NO_PROXY")));
  }

  /** The proxy for a request to {@code uri}, or empty to go straight there. */
  public Optional<URI> proxyFor(URI uri) {
    URI proxy = "https".equals(uri.getScheme()) ? https : http;
    if (proxy == null) {
      return Optional.empty();
    }
    return exceptions.covers(Endpoint.bareHost(uri), Endpoint.port(uri))
        ? Optional.empty()
        : Optional.of(proxy);
  }

  /** Proxies may hold a password. */
  @Override
  public String toString() {
    return "ProxySettings[http=" + (http != null) + ", https=" + (https != null) + "]";
  }

  private static @Nullable URI proxy(String name, String value) {
    if (value.isBlank()) {
      return null;
    }
    try {
      URI uri = new URI(value.contains("://") ? value.strip() : "http://" + value.strip());
      if (uri.getHost() != null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
        return uri;
      }
    } catch (URISyntaxException _) {
      // Its message would quote the value, which may hold a password.
    }
    throw new BuildException(
        ErrorCode.USAGE, name + " is not a proxy that can be used: write it as http://HOST:PORT");
  }
}
