package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;

/** Writes kubeconfig files that hold all they need, so that they can be copied. */
final class Kubeconfig {
  private Kubeconfig() {}

  static Path write(Path file, String server, Certificates.Pair authority, Certificates.Pair user)
      throws IOException {
    if (!Files.exists(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    return Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        current-context: slipway-e2e
        contexts:
        - name: slipway-e2e
          context: {cluster: slipway-e2e, user: slipway-e2e}
        clusters:
        - name: slipway-e2e
          cluster:
            server: %s
            certificate-authority-data: %s
        users:
        - name: slipway-e2e
          user:
            client-certificate-data: %s
            client-key-data: %s
        """
            .formatted(
                server,
                encoded(authority.certificate()),
                encoded(user.certificate()),
                encoded(user.key())));
  }

  private static String encoded(Path file) throws IOException {
    return Base64.getEncoder().encodeToString(Files.readAllBytes(file));
  }
}
