package dev.slipway.builder.source;

import dev.slipway.builder.network.NoProxy;
import dev.slipway.builder.network.ProxyVariable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The proxy that {@code HTTP_PROXY}, {@code HTTPS_PROXY}, {@code ALL_PROXY} and {@code NO_PROXY}
 * name, in either case, as curl and Go read them. The JDK reads only system properties.
 */
public final class EnvironmentProxies extends ProxySelector {
  private static final List<Proxy> DIRECT = List.of(Proxy.NO_PROXY);

  private final Map<String, String> environment;
  private final NoProxy direct;

  public EnvironmentProxies(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
    this.direct = NoProxy.of(ProxyVariable.of(environment, "no_proxy"));
  }

  @Override
  public List<Proxy> select(URI uri) {
    String host = uri.getHost();
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
    if (host == null || direct.covers(host.replace("[", "").replace("]", ""), port)) {
      return DIRECT;
    }
    String value = ProxyVariable.of(environment, scheme + "_proxy");
    if (value.isEmpty()) {
      value = ProxyVariable.of(environment, "all_proxy");
    }
    return value.isEmpty() ? DIRECT : List.of(proxy(value));
  }

  private static Proxy proxy(String value) {
    URI uri = URI.create(value.contains("://") ? value : "http://" + value);
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    Proxy.Type type = scheme.startsWith("socks") ? Proxy.Type.SOCKS : Proxy.Type.HTTP;
    int port = uri.getPort() >= 0 ? uri.getPort() : type == Proxy.Type.SOCKS ? 1080 : 80;
    return new Proxy(type, InetSocketAddress.createUnresolved(uri.getHost(), port));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException failure) {
    // The request itself fails and says so; there is no second proxy to turn to.
  }
}
