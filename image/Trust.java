import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;

/**
 * Writes the certificate authorities of a PEM file as a trust store of the JVM: {@code java
 * Trust.java ca-certificates.crt cacerts}. So the image trusts whom its Debian trusts.
 */
public final class Trust {
  private Trust() {}

  public static void main(String[] arguments) throws IOException, GeneralSecurityException {
    // The one format that needs no password to read; there is nothing secret in it.
    KeyStore store = KeyStore.getInstance("JKS");
    store.load(null, null);
    try (InputStream in = new BufferedInputStream(Files.newInputStream(Path.of(arguments[0])))) {
      int number = 0;
      for (Certificate ca : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("ca-" + number++, ca);
      }
      System.out.println(number + " certificate authorities");
    }
    try (OutputStream out = Files.newOutputStream(Path.of(arguments[1]))) {
      store.store(out, "changeit".toCharArray());
    }
  }
}
