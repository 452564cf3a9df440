package dev.slipway.builder.source;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Certificates of authorities in a PEM file, trusted beside those of the JDK. */
final class CaBundle {
  private CaBundle() {}

  /**
   * @throws BuildException USAGE where the file cannot be read or holds no certificate
   */
  static TrustManager[] trustManagers(Path pem) {
    try (InputStream in = Files.newInputStream(pem)) {
      Collection<? extends Certificate> certificates =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (certificates.isEmpty()) {
        throw new BuildException(ErrorCode.USAGE, "the CA bundle " + pem + " has no certificate");
      }
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (X509Certificate system : systemCertificates()) {
        store.setCertificateEntry("system-" + number++, system);
      }
      for (Certificate certificate : certificates) {
        store.setCertificateEntry("bundle-" + number++, certificate);
      }
      return factory(store).getTrustManagers();
    } catch (IOException | GeneralSecurityException e) {
      throw new BuildException(
          ErrorCode.USAGE,
          "the CA bundle " + pem + " is not PEM with X.509 certificates: " + e.getMessage(),
          e);
    }
  }

  /** A TLS context that trusts the bundle too. */
  static SSLContext context(Path pem) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trustManagers(pem), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new BuildException(ErrorCode.INTERNAL, "cannot set up TLS: " + e.getMessage(), e);
    }
  }

  private static X509Certificate[] systemCertificates() throws GeneralSecurityException {
    for (TrustManager manager : factory(null).getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        return x509.getAcceptedIssuers();
      }
    }
    return new X509Certificate[0];
  }

  private static TrustManagerFactory factory(@Nullable KeyStore store)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory;
  }
}
