package dev.slipway.e2e.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The certificate authority of one cluster, kept by {@code openssl} in a directory. */
final class Certificates {
  private static final String DAYS = "3650";

  private final Path directory;

  private Certificates(Path directory) {
    this.directory = directory;
  }

  /** A certificate and its key, as PEM files. */
  record Pair(Path certificate, Path key) {}

  static Certificates create(Path directory) throws IOException {
    Certificates certificates = new Certificates(Files.createDirectories(directory));
    Pair authority = certificates.authority();
    Commands.run(
        certificates.request(
            authority, "/CN=slipway-e2e", List.of("basicConstraints=critical,CA:TRUE")));
    return certificates;
  }

  /** What everybody trusts. */
  Pair authority() {
    return pair("ca");
  }

  /** A certificate for a server at these names and addresses ({@code IP:..}, {@code DNS:..}). */
  Pair server(String name, List<String> places) throws IOException {
    return issue(
        name,
        "/CN=" + name,
        List.of(
            "basicConstraints=critical,CA:FALSE",
            "extendedKeyUsage=serverAuth",
            "subjectAltName=" + String.join(",", places)));
  }

  /** A certificate for a user: Kubernetes reads the groups from O and the name from CN. */
  Pair client(String file, String user, List<String> groups) throws IOException {
    StringBuilder subject = new StringBuilder();
    groups.forEach(group -> subject.append("/O=").append(group));
    subject.append("/CN=").append(user);
    return issue(
        file,
        subject.toString(),
        List.of("basicConstraints=critical,CA:FALSE", "extendedKeyUsage=clientAuth"));
  }

  /** A key pair without a certificate: the one that signs service account tokens. */
  Pair keys(String name) throws IOException {
    Pair pair = new Pair(directory.resolve(name + ".pub"), directory.resolve(name + ".key"));
    Commands.run("openssl", "genrsa", "-out", pair.key().toString(), "2048");
    Commands.run(
        "openssl",
        "rsa",
        "-in",
        pair.key().toString(),
        "-pubout",
        "-out",
        pair.certificate().toString());
    return pair;
  }

  private Pair issue(String name, String subject, List<String> extensions) throws IOException {
    Pair pair = pair(name);
    List<String> command = new ArrayList<>(request(pair, subject, extensions));
    command.addAll(
        List.of(
            "-CA", authority().certificate().toString(), "-CAkey", authority().key().toString()));
    Commands.run(command);
    return pair;
  }

  private List<String> request(Pair pair, String subject, List<String> extensions) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-noenc",
                "-days",
                DAYS,
                "-subj",
                subject,
                "-keyout",
                pair.key().toString(),
                "-out",
                pair.certificate().toString()));
    for (String extension : extensions) {
      command.addAll(List.of("-addext", extension));
    }
    return command;
  }

  private Pair pair(String name) {
    return new Pair(directory.resolve(name + ".crt"), directory.resolve(name + ".key"));
  }
}
