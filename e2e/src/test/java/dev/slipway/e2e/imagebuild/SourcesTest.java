package dev.slipway.e2e.imagebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.api.ImageBuildStatus;
import dev.slipway.e2e.registry.Programs;
import dev.slipway.e2e.registry.RegistryProcess;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Where a context may come from, and an image may go, with real servers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SourcesTest {
  @TempDir private static Path work;

  private Lab lab;

  @BeforeAll
  void start() throws IOException {
    lab = new Lab(work);
  }

  @AfterAll
  void stop() {
    lab.close();
  }

  private void secret(String name, Map<String, String> data) {
    lab.client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .withStringData(data)
                .build())
        .serverSideApply();
  }

  private void configMap(String name, Map<String, String> data) {
    lab.client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace("default")
                .endMetadata()
                .withData(data)
                .build())
        .serverSideApply();
  }

  private static String git(Path repository, String... arguments) {
    java.util.List<String> command =
        new java.util.ArrayList<>(
            List.of(
                "git",
                "-C",
                repository.toString(),
                "-c",
                "user.name=A",
                "-c",
                "user.email=a@example.com",
                "-c",
                "protocol.file.allow=always"));
    command.addAll(List.of(arguments));
    return Programs.run(command.toArray(String[]::new)).strip();
  }

  /** A repository with a commit of these files. */
  private static Path repository(Path root, String name, Map<String, String> files)
      throws IOException {
    Path path = Files.createDirectories(root.resolve(name));
    git(path, "init", "-q", "-b", "main");
    git(path, "config", "uploadpack.allowAnySHA1InWant", "true");
    for (var file : files.entrySet()) {
      Files.writeString(path.resolve(file.getKey()), file.getValue());
    }
    git(path, "add", "-A");
    git(path, "commit", "-q", "-m", "Begin");
    return path;
  }

  /** The manifest as the registry of the cluster has it. */
  private JsonNode manifest(String image, ImageBuildStatus status) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(
                        URI.create(
                            "http://"
                                + lab.cluster.registry().host()
                                + "/v2/"
                                + image
                                + "/manifests/"
                                + status.digest()))
                    .header("Accept", "application/vnd.oci.image.manifest.v1+json")
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    return new ObjectMapper().readTree(answer.body());
  }

  @Test
  void httpsWithAPrivateAuthorityAPasswordSubmodulesAndHistory() throws Exception {
    Path root = Files.createDirectories(work.resolve("https"));
    Path part = repository(root, "part.git", Map.of("text", "from the submodule"));
    Path app =
        repository(
            root, "app.git", Map.of("Dockerfile", "FROM scratch\nCOPY part/text .git/HEAD /\n"));
    git(app, "submodule", "add", "-q", part.toString(), "part");
    git(app, "config", "-f", ".gitmodules", "submodule.part.url", "../part.git");
    git(app, "commit", "-q", "-a", "-m", "Add the part");
    Certificate certificate =
        new Certificate(Files.createDirectories(work.resolve("git-ca")), "127.0.0.1");
    try (HttpsGit git = new HttpsGit(root, certificate, "bot", "s3cret")) {
      secret("https-login", Map.of("username", "bot", "password", "s3cret"));
      String spec =
          """
          source: {git: {url: "%s", ref: main, secretRef: {name: https-login}, %s depth: 2}}
          output: {image: %s}
          """;
      lab.apply("https", spec.formatted(git.url("app.git"), "", lab.image("https")));
      ImageBuildStatus untrusted = lab.await("https", "GitUnreachable");
      assertThat(untrusted.failure().message()).contains("spec.source.git.caBundleRef");

      configMap("git-ca", Map.of("ca.crt", certificate.text()));
      lab.apply(
          "https",
          spec.formatted(git.url("app.git"), "caBundleRef: {name: git-ca},", lab.image("https")));
      ImageBuildStatus built = lab.await("https", "Succeeded");
      assertThat(built.source().commit()).isEqualTo(git(app, "rev-parse", "HEAD"));

      // Without submodules the COPY has nothing to take.
      lab.apply(
          "https",
          spec.formatted(
              git.url("app.git"),
              "caBundleRef: {name: git-ca}, submodules: false,",
              lab.image("https")));
      assertThat(lab.await("https", "FileNotFound").image()).isEqualTo(built.image());
    }
  }

  @Test
  void sshRefusesAnUnknownHostAndNamesTheLineThatLetsItIn() throws Exception {
    assumeTrue(Files.isExecutable(Sshd.PROGRAM), "sshd is not installed");
    Path root = Files.createDirectories(work.resolve("ssh"));
    Path app = repository(root, "app", Map.of("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"));
    try (Sshd sshd = new Sshd(root)) {
      secret("ssh-login", Map.of("ssh-privatekey", sshd.privateKey(), "known_hosts", ""));
      lab.apply(
          "ssh",
          """
          source: {git: {url: "%s", ref: main, secretRef: {name: ssh-login}}}
          output: {image: %s}
          """
              .formatted(sshd.url(app), lab.image("ssh")));
      ImageBuildStatus refused = lab.await("ssh", "GitHostKeyUnknown");
      assertThat(refused.failure().message()).endsWith(sshd.line());

      secret(
          "ssh-login",
          Map.of("ssh-privatekey", sshd.privateKey(), "known_hosts", sshd.line() + "\n"));
      assertThat(lab.await("ssh", "Succeeded").source().commit())
          .isEqualTo(git(app, "rev-parse", "HEAD"));
    }
  }

  @Test
  void whatIsWrongInAnInlineDockerfileIsSaidOfTheSpec() {
    lab.apply(
        "inline-wrong",
        """
        dockerfileInline: |
          FROM scratch
          COPY missing /
        output: {image: %s}
        """
            .formatted(lab.image("inline-wrong")));
    ImageBuildStatus failed =
        lab.await("inline-wrong", "failed", status -> status.failure() != null);
    assertThat(failed.failure().file()).isEqualTo("spec.dockerfileInline");
    assertThat(failed.failure().line()).isEqualTo(2);
  }

  @Test
  void anInlineDockerfileNeedsNoSource() throws Exception {
    lab.apply(
        "inline",
        """
        dockerfileInline: |
          FROM scratch
          LABEL made=inline
        output: {image: %s}
        """
            .formatted(lab.image("inline")));
    ImageBuildStatus built = lab.await("inline", "Succeeded");
    assertThat(built.source()).isNull();
    assertThat(manifest("inline", built).path("layers")).isEmpty();
  }

  @Test
  void anInlineDockerfileTakesItsFilesFromTheSource() throws Exception {
    lab.commit("data", Map.of("text", "x", "Dockerfile", "FROM nothing-that-exists\n"));
    lab.apply(
        "mixed",
        """
        source: {git: {url: "%s"}}
        dockerfileInline: "FROM scratch\\nCOPY text /\\n"
        platforms: [linux/arm64]
        output: {image: %s, compression: zstd}
        """
            .formatted(lab.url("data"), lab.image("mixed")));
    ImageBuildStatus built = lab.await("mixed", "Succeeded");
    assertThat(built.platforms()).containsExactly("linux/arm64");
    assertThat(manifest("mixed", built).at("/layers/0/mediaType").asText()).endsWith("tar+zstd");
  }

  @Test
  void whatContradictsItselfIsRefusedAtOnce() {
    String output = "output: {image: " + lab.image("no") + "}\n";
    refused(output, "spec needs a source, or a dockerfileInline");
    refused(output + "dockerfileInline: FROM scratch\ndockerfile: other\n", "exclude each other");
    refused(
        output + "dockerfileInline: FROM scratch\nplatforms: [linux/amd64, linux/arm64]\n",
        "platforms can name one platform");
    refused(
        output + "source: {git: {url: 'https://git.example.com/a.git', depth: 0}, contextDir: a}\n",
        "leave contextDir or depth out");
  }

  private void refused(String spec, String message) {
    assertThatThrownBy(() -> lab.apply("refused", spec))
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aRegistryWithAPrivateAuthority() throws Exception {
    assumeTrue(Programs.find("docker-registry").isPresent(), "docker-registry is not installed");
    Optional<String> address = outward();
    // This machine's loopback addresses need no certificate, as with Docker.
    assumeTrue(address.isPresent(), "this machine has no address beside loopback");
    Certificate certificate =
        new Certificate(Files.createDirectories(work.resolve("registry-ca")), address.get());
    lab.commit("tls", Map.of("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n"));
    try (RegistryProcess registry =
        RegistryProcess.dockerRegistryOverTls(
            Files.createDirectories(work.resolve("tls-registry")),
            certificate.pem,
            certificate.key)) {
      secret("registry-ca", Map.of("bundle", certificate.text()));
      lab.apply(
          "tls",
          """
          source: {git: {url: "%s"}}
          output:
            image: %s:%d/tls
            caBundleRef: {kind: Secret, name: registry-ca, key: bundle}
          """
              .formatted(lab.url("tls"), address.get(), registry.port()));
      ImageBuildStatus built = lab.await("tls", "Succeeded");
      assertThat(
              Programs.run(
                  "skopeo",
                  "inspect",
                  "--tls-verify=false",
                  "docker://" + address.get() + ":" + registry.port() + "/tls"))
          .contains(built.digest());
    }
  }

  private static Optional<String> outward() throws IOException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(a -> a instanceof java.net.Inet4Address)
        .filter(a -> !a.isLoopbackAddress() && !a.isLinkLocalAddress())
        .map(InetAddress::getHostAddress)
        .findFirst();
  }
}
