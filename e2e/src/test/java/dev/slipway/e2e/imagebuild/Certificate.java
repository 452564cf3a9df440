package dev.slipway.e2e.imagebuild;

import dev.slipway.e2e.registry.Programs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A certificate that no public authority has signed, for one address of this machine. */
public final class Certificate {
  private static final char[] PASSWORD = "changeit".toCharArray();

  public final Path pem;
  public final Path key;
  private final KeyStore store;

  public Certificate(Path directory, String address) throws IOException {
    Path file = directory.resolve("keys.p12");
    Programs.run(
        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
        "-genkeypair",
        "-alias",
        "server",
        "-keyalg",
        "EC",
        "-dname",
        "CN=test",
        "-ext",
        "SAN=ip:" + address,
        "-ext",
        "bc:c",
        "-validity",
        "30",
        "-storetype",
        "PKCS12",
        "-storepass",
        new String(PASSWORD),
        "-keystore",
        file.toString());
    try (InputStream in = Files.newInputStream(file)) {
      store = KeyStore.getInstance("PKCS12");
      store.load(in, PASSWORD);
      pem =
          write(
              directory.resolve("ca.pem"),
              "CERTIFICATE",
              store.getCertificate("server").getEncoded());
      Key secret = store.getKey("server", PASSWORD);
      key = write(directory.resolve("key.pem"), "PRIVATE KEY", secret.getEncoded());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static Path write(Path file, String what, byte[] bytes) throws IOException {
    String body =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(bytes);
    return Files.writeString(
        file, "-----BEGIN " + what + "-----\n" + body + "\n-----END " + what + "-----\n");
  }

  String text() throws IOException {
    return Files.readString(pem);
  }

  SSLContext server() {
    try {
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
