package dev.slipway.builder.registry;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Whom we trust: the authorities that the JDK knows, and those of the given bundles. Set up on
 * first use, because it costs a tenth of a second that a plain HTTP registry need not pay.
 */
final class Tls {

  private final List<Path> bundles;
  private @Nullable SSLSocketFactory verifying;
  private @Nullable SSLSocketFactory trusting;

  Tls(List<Path> bundles) {
    this.bundles = List.copyOf(bundles);
  }

  synchronized SSLSocketFactory factory(boolean verify) {
    if (verify) {
      if (verifying == null) {
        verifying = create(bundles.isEmpty() ? null : trustManagers());
      }
      return verifying;
    }
    if (trusting == null) {
      trusting = create(new TrustManager[] {new TrustAll()});
    }
    return trusting;
  }

  private static SSLSocketFactory create(TrustManager @Nullable [] managers) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers, null);
      return context.getSocketFactory();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK speaks TLS", e);
    }
  }

  private TrustManager[] trustManagers() {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (X509Certificate authority : builtIn()) {
        store.setCertificateEntry("jdk-" + number++, authority);
      }
      for (Path bundle : bundles) {
        for (Certificate certificate : read(bundle)) {
          store.setCertificateEntry("ca-" + number++, certificate);
        }
      }
      return managers(store);
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("an empty key store can always be filled", e);
    }
  }

  private static List<Certificate> read(Path bundle) {
    try (InputStream in = Files.newInputStream(bundle)) {
      List<Certificate> all =
          List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in));
      if (all.isEmpty()) {
        throw unreadable(bundle, "there is no certificate in it", null);
      }
      return all;
    } catch (IOException e) {
      throw unreadable(bundle, e.toString(), e);
    } catch (GeneralSecurityException e) {
      throw unreadable(bundle, "it is not a bundle of PEM certificates", e);
    }
  }

  private static BuildException unreadable(Path bundle, String why, @Nullable Exception cause) {
    String message = "reading the CA bundle " + bundle + ": " + why;
    return cause == null
        ? new BuildException(ErrorCode.USAGE, message)
        : new BuildException(ErrorCode.USAGE, message, cause);
  }

  private static List<X509Certificate> builtIn() throws GeneralSecurityException {
    for (TrustManager manager : managers(null)) {
      if (manager instanceof X509TrustManager x509) {
        return List.of(x509.getAcceptedIssuers());
      }
    }
    return List.of();
  }

  private static TrustManager[] managers(@Nullable KeyStore store) throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  /** For hosts that the user declared insecure, and only for those. */
  private static final class TrustAll extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
