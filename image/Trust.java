import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;

/**
 * Writes the certificate authorities of a PEM file as a trust store of the JVM: {@code java
 * Trust.java ca-certificates.crt cacerts}. So the image trusts whom its Debian trusts.
 *
 * <p>The store is a JKS: the one format that needs no password to read; there is nothing secret in
 * it. It is written here, and not by {@link java.security.KeyStore}, which would put today's date
 * into it: equal authorities are to be an equal file.
 */
public final class Trust {
  private static final int MAGIC = 0xFEEDFEED;
  private static final int VERSION = 2;
  private static final int TRUSTED_CERTIFICATE = 2;

  private Trust() {}

  public static void main(String[] arguments) throws IOException, GeneralSecurityException {
    Collection<? extends Certificate> authorities;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(Path.of(arguments[0])))) {
      authorities = CertificateFactory.getInstance("X.509").generateCertificates(in);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(MAGIC);
    out.writeInt(VERSION);
    out.writeInt(authorities.size());
    int number = 0;
    for (Certificate authority : authorities) {
      byte[] encoded = authority.getEncoded();
      out.writeInt(TRUSTED_CERTIFICATE);
      out.writeUTF("ca-" + number++);
      out.writeLong(0); // when it was added
      out.writeUTF("X.509");
      out.writeInt(encoded.length);
      out.write(encoded);
    }
    out.write(seal(bytes.toByteArray()));
    Files.write(Path.of(arguments[1]), bytes.toByteArray());
    System.out.println(number + " certificate authorities");
  }

  /** What tells a reader that knows the usual password that the store is whole. */
  private static byte[] seal(byte[] store) throws GeneralSecurityException {
    MessageDigest digest = MessageDigest.getInstance("SHA-1");
    digest.update("changeit".getBytes(StandardCharsets.UTF_16BE));
    digest.update("Mighty Aphrodite".getBytes(StandardCharsets.UTF_8));
    return digest.digest(store);
  }
}
