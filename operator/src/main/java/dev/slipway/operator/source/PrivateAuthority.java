package dev.slipway.operator.source;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Proxy;
import java.net.URL;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.eclipse.jgit.transport.http.HttpConnection;
import org.eclipse.jgit.transport.http.HttpConnectionFactory;
import org.eclipse.jgit.transport.http.JDKHttpConnectionFactory;
import org.jspecify.annotations.Nullable;

/** HTTPS connections that trust the certificates of a bundle beside those of the JDK. */
final class PrivateAuthority implements HttpConnectionFactory {
  private final JDKHttpConnectionFactory jdk = new JDKHttpConnectionFactory();
  private final TrustManager[] trust;

  /**
   * @param pem one or more certificates
   * @throws GeneralSecurityException if there is none in it
   */
  PrivateAuthority(byte[] pem) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int number = 0;
    for (TrustManager manager : factory(null).getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        for (X509Certificate system : x509.getAcceptedIssuers()) {
          store.setCertificateEntry("system-" + number++, system);
        }
      }
    }
    int systems = number;
    for (Certificate own :
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(pem))) {
      store.setCertificateEntry("bundle-" + number++, own);
    }
    if (number == systems) {
      throw new GeneralSecurityException("it has no certificate");
    }
    trust = factory(store).getTrustManagers();
  }

  private static TrustManagerFactory factory(@Nullable KeyStore store)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory;
  }

  @Override
  public HttpConnection create(URL url) throws IOException {
    return trusting(jdk.create(url));
  }

  @Override
  public HttpConnection create(URL url, Proxy proxy) throws IOException {
    return trusting(jdk.create(url, proxy));
  }

  private HttpConnection trusting(HttpConnection connection) throws IOException {
    try {
      connection.configure(null, trust, null);
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot set up TLS: " + e.getMessage(), e);
    }
    return connection;
  }
}
