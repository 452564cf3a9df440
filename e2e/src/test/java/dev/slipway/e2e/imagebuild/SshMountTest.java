package dev.slipway.e2e.imagebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.slipway.api.Failure;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.RegistrySettings;
import dev.slipway.e2e.demo.BaseImage;
import dev.slipway.e2e.registry.Programs;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code spec.ssh}: OpenSSH in a step signs with a key that the step cannot read. */
final class SshMountTest {
  private static final String DOCKERFILE =
      """
      FROM %s
      ARG KEY
      ARG LINE
      RUN --mount=type=ssh,id=deploy ssh-add -L > /keys && grep -qF "$KEY" /keys \\
       && echo signed > /note && ssh-keygen -Y sign -U -n file -f /keys /note
      RUN test -z "$SSH_AUTH_SOCK"
      RUN --mount=type=ssh,id=deploy ! grep -rsF "$LINE" / --exclude-dir=proc --exclude-dir=sys
      """;

  @TempDir private Path work;

  @Test
  void aStepSignsWithAKeyThatItCannotRead() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/ssh-add")), "OpenSSH is not installed");
    Path key = work.resolve("key");
    Programs.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key.toString());
    try (Lab lab = new Lab(work)) {
      String host = lab.cluster.registry().host();
      try (RegistryClient client =
          new RegistryClient(RegistrySettings.builder().insecure(host).build())) {
        BaseImage.push(
            client, ImageReference.parse(host + "/ssh:1"), List.of("ssh-add", "ssh-keygen"));
      }
      lab.commit("app", Map.of("Dockerfile", DOCKERFILE.formatted(host + "/ssh:1")));
      String spec =
          """
          source: {git: {url: "%s"}}
          output: {image: %s}
          ssh: [{id: %s, secretRef: {name: deploy-key, key: ssh-privatekey}}]
          buildArgs: [{name: KEY, value: "%s"}, {name: LINE, value: "%s"}]
          """;
      String publicKey = Files.readString(work.resolve("key.pub")).split(" ")[1].strip();
      // A piece of the private half, as no build should ever show it.
      String line = Files.readAllLines(key).get(3);
      lab.client
          .resource(
              new SecretBuilder()
                  .withNewMetadata()
                  .withName("deploy-key")
                  .withNamespace("default")
                  .endMetadata()
                  .withStringData(Map.of("ssh-privatekey", Files.readString(key)))
                  .build())
          .create();

      lab.apply("app", spec.formatted(lab.url("app"), lab.image("app"), "deploy", publicKey, line));
      assertThat(lab.await("app", "Succeeded").digest()).startsWith("sha256:");

      lab.apply(
          "other", spec.formatted(lab.url("app"), lab.image("other"), "else", publicKey, line));
      // An agent that a step may do without is not there, and ssh-add says so.
      Failure failure = Objects.requireNonNull(lab.await("other", "RunFailed").failure());
      assertThat(failure.line()).isEqualTo(4);
      assertThat(String.join("\n", failure.logTail())).contains("authentication agent");
    }
  }
}
