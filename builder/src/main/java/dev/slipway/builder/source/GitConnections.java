package dev.slipway.builder.source;

import java.io.IOException;
import java.net.Proxy;
import java.net.URI;
import java.net.URL;
import java.security.GeneralSecurityException;
import java.util.Locale;
import java.util.Optional;
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
  private final String mainScheme;
  private final String mainHost;
  private final TrustManager @Nullable [] trust;
  private boolean startedPublic;
  private boolean started;

  /**
   * @param mainScheme of the repository that the build names
   * @param mainHost its host, with its port where that is not the scheme's default
   */
  GitConnections(GitSettings settings, String mainScheme, String mainHost) {
    this.settings = settings;
    this.proxies = new EnvironmentProxies(settings.environment());
    this.mainScheme = mainScheme;
    this.mainHost = mainHost;
    this.trust = settings.credentials().caBundle().map(CaBundle::trustManagers).orElse(null);
  }

  @Override
  public HttpConnection create(URL url) throws IOException {
    return create(url, Proxy.NO_PROXY);
  }

  @Override
  public HttpConnection create(URL url, Proxy ignored) throws IOException {
    Proxy proxy = proxies.select(URI.create(url.toString())).getFirst();
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
    authorization(url).ifPresent(h -> connection.setRequestProperty("Authorization", h));
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

  private Optional<String> authorization(URL url) {
    String scheme = url.getProtocol().toLowerCase(Locale.ROOT);
    // What was meant for TLS is never sent in the clear.
    if (!scheme.equals("https") && !scheme.equals(mainScheme)) {
      return Optional.empty();
    }
    return settings
        .credentials()
        .authorization(host(scheme, url.getHost(), url.getPort()), mainHost);
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
