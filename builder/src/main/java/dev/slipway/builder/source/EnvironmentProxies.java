package dev.slipway.builder.source;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The proxy that {@code HTTP_PROXY}, {@code HTTPS_PROXY}, {@code ALL_PROXY} and {@code NO_PROXY}
 * name, in either case, as curl and Go read them. The JDK reads only system properties.
 */
public final class EnvironmentProxies extends ProxySelector {
  private static final List<Proxy> DIRECT = List.of(Proxy.NO_PROXY);

  private final Map<String, String> environment;

  public EnvironmentProxies(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  @Override
  public List<Proxy> select(URI uri) {
    String host = uri.getHost();
    if (host == null || exempt(host, uri.getPort())) {
      return DIRECT;
    }
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    String value = variable(scheme + "_proxy");
    if (value == null) {
      value = variable("all_proxy");
    }
    return value == null ? DIRECT : List.of(proxy(value));
  }

  private static Proxy proxy(String value) {
    URI uri = URI.create(value.contains("://") ? value : "http://" + value);
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    Proxy.Type type = scheme.startsWith("socks") ? Proxy.Type.SOCKS : Proxy.Type.HTTP;
    int port = uri.getPort() >= 0 ? uri.getPort() : type == Proxy.Type.SOCKS ? 1080 : 80;
    return new Proxy(type, InetSocketAddress.createUnresolved(uri.getHost(), port));
  }

  /** Go's rules: loopback never goes through a proxy; a leading dot or none matches subdomains. */
  private boolean exempt(String rawHost, int port) {
    String host = rawHost.replace("[", "").replace("]", "").toLowerCase(Locale.ROOT);
    if (host.equals("localhost") || host.startsWith("127.") || host.equals("::1")) {
      return true;
    }
    String list = variable("no_proxy");
    if (list == null) {
      return false;
    }
    for (String raw : list.split(",", -1)) {
      String entry = raw.strip().toLowerCase(Locale.ROOT);
      if (entry.equals("*") || (!entry.isEmpty() && matches(entry, host, port))) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(String entry, String host, int port) {
    int slash = entry.indexOf('/');
    if (slash > 0) {
      return inNetwork(entry, slash, host);
    }
    int colon = entry.lastIndexOf(':');
    String name = entry;
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

  private static boolean inNetwork(String entry, int slash, String host) {
    try {
      byte[] network = literal(entry.substring(0, slash));
      byte[] address = literal(host);
      int bits = Integer.parseInt(entry.substring(slash + 1));
      if (network == null || address == null || network.length != address.length) {
        return false;
      }
      for (int i = 0; i < bits && i < network.length * 8; i++) {
        int mask = 0x80 >>> (i % 8);
        if ((network[i / 8] & mask) != (address[i / 8] & mask)) {
          return false;
        }
      }
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static byte @Nullable [] literal(String text) {
    try {
      return java.net.InetAddress.ofLiteral(text).getAddress();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private @Nullable String variable(String lower) {
    String value = environment.get(lower);
    if (value == null || value.isEmpty()) {
      value = environment.get(lower.toUpperCase(Locale.ROOT));
    }
    return value == null || value.isEmpty() ? null : value;
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException failure) {
    // The request itself fails and says so; there is no second proxy to turn to.
  }
}
