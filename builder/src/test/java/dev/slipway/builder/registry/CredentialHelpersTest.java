package dev.slipway.builder.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Credential helpers as real programs on a search path: those that work, and those that do not. */
final class CredentialHelpersTest {
  private static final String ASKED = "ask.example.com";
  private static final Duration SHORT = Duration.ofMillis(500);

  @TempDir private Path path;

  @Test
  void oneForARegistryIsShownItsNameAndAnswersWithTheLogin() throws IOException {
    helper(
        "echoing",
        "[ \"$1\" = get ] && server=$(cat) && printf '{\"ServerURL\":\"%s\",\"Username\":\"of %s\","
            + "\"Secret\":\"hunter2\"}' \"$server\" \"$server\"");
    Credentials credentials = of("{\"credHelpers\":{\"ask.example.com\":\"echoing\"}}");

    assertThat(credentials.find(ASKED, "app"))
        .contains(new Login.Password("of ask.example.com", "hunter2"));
    assertThat(credentials.find("other.example.com", "app")).isEmpty();
    assertThat(credentials.toString()).doesNotContain("hunter2");
  }

  @Test
  void theStoreIsAskedForWhatTheFileDoesNotSayAndByTheOldNameOfDockerHub() throws IOException {
    helper("store", "printf '{\"Username\":\"%s\",\"Secret\":\"s\"}' \"$(cat)\"");
    Credentials credentials =
        of(
            """
            {"credsStore": "store", "auths": {"ask.example.com": {},
             "known.example.com": {"username": "known", "password": "p"}}}
            """);

    assertThat(user(credentials.find(ASKED, "app"))).isEqualTo(ASKED);
    assertThat(user(credentials.find("known.example.com", "app"))).isEqualTo("known");
    assertThat(user(credentials.find("docker.io", "library/app")))
        .isEqualTo("https://index.docker.io/v1/");
  }

  @Test
  void aTokenIsMarkedByItsUserName() throws IOException {
    helper("token", "cat >/dev/null; printf '{\"Username\":\"<token>\",\"Secret\":\"t\"}'");
    assertThat(of("{\"credsStore\":\"token\"}").find(ASKED, "app"))
        .contains(new Login.IdentityToken("t"));
  }

  @Test
  void oneThatKnowsNoLoginIsNoFailure() throws IOException {
    helper("empty", "cat >/dev/null; echo credentials not found in native keychain; exit 1");
    assertThat(of("{\"credsStore\":\"empty\"}").find(ASKED, "app")).isEmpty();
  }

  @Test
  void aFailureIsReportedWithoutWhatTheHelperSaid() throws IOException {
    helper("failing", "cat >/dev/null; echo hunter2; echo hunter2 >&2; exit 3");
    fails("failing", "exit code 3");
    helper("deaf", "exec <&-; exit 4");
    fails("deaf", "exit code 4");
  }

  @Test
  void anAnswerThatIsNotJsonIsRefusedUnquoted() throws IOException {
    helper("garbled", "cat >/dev/null; echo 'password: hunter2'");
    fails("garbled", "not JSON");
  }

  @Test
  void aMissingOneIsNamed() throws IOException {
    fails("absent", "not on the PATH");
    Files.writeString(path.resolve("docker-credential-plain"), "#!/bin/sh\n");
    fails("plain", "not on the PATH"); // it cannot be executed
    fails("../../bin/sh", "no slash");
  }

  @Test
  void aSlowOneIsEndedWithAllThatItStarted() throws IOException {
    Path alive = Files.createFile(path.resolve("alive"));
    helper("slow", "cat >/dev/null; (exec tail -f " + alive + ") & exec tail -f " + alive);
    Instant began = Instant.now();

    fails("slow", "did not answer within");

    assertThat(Duration.between(began, Instant.now())).isLessThan(Duration.ofSeconds(20));
    await()
        .untilAsserted(() ->
            assertThat(ProcessHandle.allProcesses())
                .noneMatch(one -> one.info().commandLine().orElse("").contains("" + alive)));
  }

  @Test
  void aPushAsksItWhenTheRegistryWantsALogin() throws IOException {
    helper("mine", "cat >/dev/null; printf '{\"Username\":\"me\",\"Secret\":\"hunter2\"}'");
    try (FakeRegistry registry = FakeRegistry.start().basic("me", "hunter2");
        RegistryClient client =
            Samples.client(
                RegistrySettings.builder()
                    .insecure(registry.host())
                    .credentials(of("{\"credHelpers\":{\"" + registry.host() + "\":\"mine\"}}")))) {
      Samples.Image image = Samples.image("linux/amd64", 1000);
      ImageReference target = registry.reference("app:1");
      image.pushTo(client, target);
      assertThat(registry.manifest("app", "1")).isEqualTo(image.manifest().bytes());
    }
  }

  private void fails(String name, String why) {
    assertThatThrownBy(() -> of("{\"credsStore\":\"" + name + "\"}").find(ASKED, "app"))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_AUTH))
        .hasMessageContaining(name)
        .hasMessageContaining(ASKED)
        .hasMessageContaining(why)
        .satisfies(e -> {
          for (Throwable t = e; t != null; t = t.getCause()) {
            assertThat(String.valueOf(t.getMessage())).doesNotContain("hunter2");
          }
        });
  }

  private void helper(String name, String script) throws IOException {
    Path file = path.resolve("docker-credential-" + name);
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Credentials of(String json) throws IOException {
    Path file = Files.writeString(path.resolve("config.json"), json);
    CredentialHelpers found = CredentialHelpers.of(Map.of("PATH", "/nonexistent:" + path));
    return Credentials.ofFiles(
        List.of(file), new CredentialHelpers(found.directories(), patience(json)));
  }

  /** Only the slow one is to find out how long we wait. */
  private static Duration patience(String json) {
    return json.contains("slow") ? SHORT : Duration.ofSeconds(30);
  }

  private static String user(Optional<Login> login) {
    return login.orElseThrow() instanceof Login.Password password ? password.user() : "";
  }
}
