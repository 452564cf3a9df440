package dev.slipway.builder.source;

import java.io.IOException;
import java.net.Proxy;
import java.net.URI;
import java.net.URL;
import java.security.GeneralSecurityException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import javax.net.ssl.TrustManager;
import org.eclipse.jgit.transport.http.HttpConnection;
import org.eclipse.jgit.transport.http.HttpConnectionFactory;
import org.eclipse.jgit.transport.http.JDKHttpConnectionFactory;
import org.jspecify.annotations.Nullable;

/**
 * The http connections of JGit, one factory for one repository. JGit asks it again after each
 * redirect, so what a host may see and whether it may be asked at all is decided here.
 */
final class GitConnections implements HttpConnectionFactory {
  private final HttpConnectionFactory jdk = new JDKHttpConnectionFactory();
  private final GitSettings settings;
  private final EnvironmentProxies proxies;
  private final Function<URI, Optional<String>> authorization;
  private final TrustManager @Nullable [] trust;
  private boolean startedPublic;
  private boolean started;

  /**
   * @param authorization the header that a URL may see
   */
  GitConnections(GitSettings settings, Function<URI, Optional<String>> authorization) {
    this.settings = settings;
    this.proxies = new EnvironmentProxies(settings.environment());
    this.authorization = authorization;
    this.trust = settings.credentials().caBundle().map(CaBundle::trustManagers).orElse(null);
  }

  @Override
  public HttpConnection create(URL url) throws IOException {
    return create(url, Proxy.NO_PROXY);
  }

  @Override
  public HttpConnection create(URL url, Proxy ignored) throws IOException {
    URI uri = URI.create(url.toString());
    Proxy proxy = proxies.select(uri).getFirst();
    if (proxy.equals(Proxy.NO_PROXY)) {
      checkAddress(url.getHost());
    }
    HttpConnection connection = jdk.create(url, proxy);
    if (trust != null && url.getProtocol().equals("https")) {
      try {
        connection.configure(null, trust, null);
      } catch (GeneralSecurityException e) {
        throw new IOException("cannot set up TLS: " + e.getMessage(), e);
      }
    }
    authorization.apply(uri).ifPresent(h -> connection.setRequestProperty("Authorization", h));
    return connection;
  }

  private void checkAddress(String host) throws IOException {
    if (started) {
      settings.addresses().checkRedirect(host, startedPublic);
    } else {
      startedPublic = settings.addresses().check(host);
      started = true;
    }
  }

  /** {@code name}, or {@code name:port} where the port is not the scheme's default. */
  static String host(String scheme, String name, int port) {
    boolean usual =
        port < 0
            || (scheme.equals("https") && port == 443)
            || (scheme.equals("http") && port == 80);
    String lower = name.toLowerCase(Locale.ROOT);
    return usual ? lower : lower + ":" + port;
  }
}
