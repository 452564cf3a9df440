package dev.slipway.builder.registry;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which requests go through a proxy: {@code HTTP_PROXY}, {@code HTTPS_PROXY} and {@code NO_PROXY}
 * (or lower-case), with the meaning that Go gives them (<a
 * href="https://pkg.go.dev/golang.org/x/net/http/httpproxy">httpproxy</a>): names in {@code
 * NO_PROXY} cover their subdomains, addresses and CIDR blocks are known, {@code *} is everything,
 * and this machine is never asked for through a proxy.
 *
 * @param http for plain HTTP, null for none
 * @param https for HTTPS, null for none
 * @param exceptions the entries of {@code NO_PROXY}
 */
public record ProxySettings(@Nullable URI http, @Nullable URI https, List<String> exceptions) {

  public static final ProxySettings NONE = new ProxySettings(null, null, List.of());

  public ProxySettings {
    exceptions = List.copyOf(exceptions);
  }

  /**
   * Reads the variables.
   *
   * @throws BuildException {@code USAGE} for a proxy that is no URL with a host
   */
  public static ProxySettings fromEnvironment(Map<String, String> environment) {
    List<String> exceptions = new ArrayList<>();
    for (String entry : variable(environment, "NO_PROXY").split(",", -1)) {
      if (!entry.isBlank()) {
        exceptions.add(entry.strip().toLowerCase(Locale.ROOT));
      }
    }
    return new ProxySettings(
        proxy("HTTP_PROXY", variable(environment, "HTTP_PROXY")),
        proxy("HTTPS_PROXY", variable(environment, "HTTPS_PROXY")),
        exceptions);
  }

  /** The proxy for a request to {@code uri}, or empty to go straight there. */
  public Optional<URI> proxyFor(URI uri) {
    URI proxy = "https".equals(uri.getScheme()) ? https : http;
    if (proxy == null) {
      return Optional.empty();
    }
    String host = Endpoint.bareHost(uri).toLowerCase(Locale.ROOT);
    return isException(host, Endpoint.port(uri)) ? Optional.empty() : Optional.of(proxy);
  }

  /** Proxies may hold a password. */
  @Override
  public String toString() {
    return "ProxySettings[http=" + (http != null) + ", https=" + (https != null) + "]";
  }

  private boolean isException(String host, int port) {
    Optional<InetAddress> address = Addresses.literal(host);
    if (host.equals("localhost") || address.map(InetAddress::isLoopbackAddress).orElse(false)) {
      return true;
    }
    return exceptions.stream().anyMatch(entry -> matches(entry, host, port, address));
  }

  private static boolean matches(
      String entry, String host, int port, Optional<InetAddress> address) {
    if (entry.equals("*")) {
      return true;
    }
    if (entry.indexOf('/') > 0) {
      return address.isPresent() && Addresses.inBlock(address.get(), entry);
    }
    String name = entry;
    int colon = entry.lastIndexOf(':');
    if (colon > 0 && entry.indexOf(':') == colon) {
      if (!entry.substring(colon + 1).equals(Integer.toString(port))) {
        return false;
      }
      name = entry.substring(0, colon);
    }
    if (name.startsWith("*.")) {
      name = name.substring(1);
    }
    return name.startsWith(".")
        ? host.endsWith(name)
        : host.equals(name) || host.endsWith("." + name);
  }

  private static String variable(Map<String, String> environment, String name) {
    String value = environment.get(name);
    return value != null ? value : environment.getOrDefault(name.toLowerCase(Locale.ROOT), "");
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
