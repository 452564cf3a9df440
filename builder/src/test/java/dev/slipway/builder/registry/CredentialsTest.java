package dev.slipway.builder.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CredentialsTest {

  @TempDir Path dir;

  @Test
  void readsTheFormsOfAnEntry() throws IOException {
    Credentials credentials =
        of(
            """
            {"auths": {
              "plain.example.com": {"auth": "%s"},
              "https://url.example.com/v1/": {"username": "u", "password": "p:w"},
              "token.example.com": {"auth": "%s", "identitytoken": "idt"},
              "bearer.example.com": {"registrytoken": "rt"},
              "empty.example.com": {},
              "host.example.com:5000": {"auth": "%s"}
             }, "HttpHeaders": {"x": "y"}, "proxies": {}}
            """
                .formatted(base64("me:pa:ss"), base64("u:"), base64("h:5")));
    assertThat(credentials.find("plain.example.com", "a/b"))
        .contains(new Login.Password("me", "pa:ss"));
    assertThat(credentials.find("url.example.com", "a")).contains(new Login.Password("u", "p:w"));
    assertThat(credentials.find("token.example.com", "a")).contains(new Login.IdentityToken("idt"));
    assertThat(credentials.find("bearer.example.com", "a")).contains(new Login.RegistryToken("rt"));
    assertThat(credentials.find("empty.example.com", "a")).isEmpty();
    assertThat(credentials.find("host.example.com:5000", "a"))
        .contains(new Login.Password("h", "5"));
    assertThat(credentials.find("host.example.com", "a")).isEmpty();
  }

  @Test
  void knowsDockerHubByAllItsNames() throws IOException {
    for (String key :
        List.of(
            "https://index.docker.io/v1/",
            "index.docker.io",
            "docker.io",
            "registry-1.docker.io")) {
      Credentials credentials =
          of("{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(key, base64("a:b")));
      assertThat(credentials.find("docker.io", "library/debian")).as(key).isPresent();
    }
  }

  @Test
  void prefersTheLongestMatchingPathAndKnowsGlobs() throws IOException {
    Credentials credentials =
        of(
            """
            {"auths": {
              "quay.example.com": {"auth": "%s"},
              "quay.example.com/team": {"auth": "%s"},
              "quay.example.com/team/app": {"auth": "%s"},
              "*.glob.example.com": {"auth": "%s"}}}
            """
                .formatted(base64("host:1"), base64("team:1"), base64("app:1"), base64("glob:1")));
    assertThat(user(credentials.find("quay.example.com", "other/x"))).isEqualTo("host");
    assertThat(user(credentials.find("quay.example.com", "team/other"))).isEqualTo("team");
    assertThat(user(credentials.find("quay.example.com", "team/app"))).isEqualTo("app");
    assertThat(user(credentials.find("quay.example.com", "teamster/app"))).isEqualTo("host");
    assertThat(user(credentials.find("eu.glob.example.com", "x"))).isEqualTo("glob");
    assertThat(credentials.find("a.b.glob.example.com", "x")).isEmpty();
    assertThat(credentials.find("glob.example.com", "x")).isEmpty();
    assertThat(credentials.find("euXglob.example.com", "x")).isEmpty();
  }

  @Test
  void readsTheOldKubernetesForm() throws IOException {
    Credentials credentials =
        of("{\"reg.example.com\":{\"username\":\"u\",\"password\":\"p\",\"email\":\"e\"}}");
    assertThat(user(credentials.find("reg.example.com", "x"))).isEqualTo("u");
  }

  @Test
  void findsTheFilesThatTheEnvironmentNames() throws IOException {
    Path docker = Files.createDirectories(dir.resolve("docker"));
    write(docker.resolve("config.json"), "both.example.com", "docker");
    Path podman = write(dir.resolve("auth.json"), "both.example.com", "podman");
    Path home = Files.createDirectories(dir.resolve("home/.docker"));
    write(home.resolve("config.json"), "home.example.com", "home");

    assertThat(
            user(
                Credentials.fromEnvironment(Map.of("DOCKER_CONFIG", docker.toString()))
                    .find("both.example.com", "x")))
        .isEqualTo("docker");
    assertThat(
            user(
                Credentials.fromEnvironment(
                        Map.of(
                            "DOCKER_CONFIG", docker.toString(),
                            "REGISTRY_AUTH_FILE", podman.toString()))
                    .find("both.example.com", "x")))
        .isEqualTo("podman");
    assertThat(
            user(
                Credentials.fromEnvironment(Map.of("HOME", dir.resolve("home").toString()))
                    .find("home.example.com", "x")))
        .isEqualTo("home");
    assertThat(Credentials.fromEnvironment(Map.of("HOME", "/nonexistent")).find("a.b", "x"))
        .isEmpty();
    Credentials mine = Credentials.ofFiles(List.of(podman));
    assertThat(
            user(
                mine.orElse(Credentials.ofFiles(List.of(docker.resolve("config.json"))))
                    .find("both.example.com", "x")))
        .isEqualTo("podman");
  }

  @Test
  void refusesMalformedFilesWithoutQuotingThem() throws IOException {
    for (String bad :
        List.of(
            "{\"auths\":{\"a.b\":{\"auth\":\"hunter2!\"}}}",
            "{\"auths\":{\"a.b\":{\"auth\":\"" + base64("hunter2") + "\"}}}",
            "{\"auths\": hunter2",
            "hunter2")) {
      assertThatThrownBy(() -> of(bad))
          .isInstanceOf(BuildException.class)
          .hasMessageContaining("config.json")
          .satisfies(e -> {
            for (Throwable t = e; t != null; t = t.getCause()) {
              assertThat(String.valueOf(t.getMessage())).doesNotContain("hunter2");
            }
          });
    }
    assertThatThrownBy(() -> Credentials.ofFiles(List.of(dir.resolve("absent"))))
        .hasMessageContaining("absent");
  }

  @Test
  void printsNoSecrets() throws IOException {
    Credentials credentials =
        of("{\"auths\":{\"a.b\":{\"auth\":\"%s\"}}}".formatted(base64("me:hunter2")));
    assertThat(credentials.toString()).doesNotContain("hunter2");
    assertThat(credentials.find("a.b", "x").toString()).doesNotContain("hunter2");
    assertThat(
            Request.get(java.net.URI.create("http://a.b/?token=hunter2"))
                .with("Authorization", "hunter2")
                .toString())
        .doesNotContain("hunter2");
  }

  private static String user(Optional<Login> login) {
    return login.orElseThrow() instanceof Login.Password p ? p.user() : "";
  }

  private static Path write(Path file, String host, String user) throws IOException {
    return Files.writeString(
        file, "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(host, base64(user + ":x")));
  }

  private Credentials of(String json) throws IOException {
    return Credentials.ofFiles(List.of(Files.writeString(dir.resolve("config.json"), json)));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
