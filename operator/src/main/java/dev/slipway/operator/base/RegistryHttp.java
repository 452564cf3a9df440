package dev.slipway.operator.base;

import java.net.Socket;
import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** The two ways in which registries are spoken to over TLS. */
final class RegistryHttp {
  private static final Duration CONNECT = Duration.ofSeconds(10);

  private RegistryHttp() {}

  /** Certificates are checked. */
  static HttpClient verified() {
    return builder().build();
  }

  /** They are not: for registries that the platform, or their user, declared insecure. */
  static HttpClient unverified() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Anybody()}, null);
      return builder().sslContext(context).build();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK speaks TLS", e);
    }
  }

  private static HttpClient.Builder builder() {
    return HttpClient.newBuilder()
        .connectTimeout(CONNECT)
        // Redirects are followed by hand: a login must not follow them to another host.
        .followRedirects(HttpClient.Redirect.NEVER);
  }

  /** Being an extended one, it also does without a check of the host's name. */
  private static final class Anybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
