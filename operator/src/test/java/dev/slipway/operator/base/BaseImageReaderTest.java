package dev.slipway.operator.base;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.operator.source.SecretReader.SecretAccess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is asked of registries, and what of a login they get to see. */
final class BaseImageReaderTest {
  private static final String ONE = "sha256:" + "1".repeat(64);
  private static final String LOGIN =
      "Basic " + Base64.getEncoder().encodeToString("bot:pass".getBytes(StandardCharsets.UTF_8));
  private static final Duration FRESH = Duration.ofNanos(-1);

  private FakeRegistry registry;
  private FakeRegistry mirror;

  @BeforeEach
  void start() throws IOException {
    registry = new FakeRegistry();
    mirror = new FakeRegistry();
    registry.digests.put("app:1", ONE);
  }

  @AfterEach
  void stop() {
    registry.close();
    mirror.close();
  }

  private BaseSighting read(String image, SecretAccess secret, Map<String, String> mirrors) {
    return new BaseImageReader((namespace, name) -> secret, List.of(), mirrors, Clock.systemUTC())
        .read(BaseQuery.of(image, "team", "login", ""), FRESH);
  }

  private BaseSighting read(SecretAccess secret) {
    return read(registry.host() + "/app:1", secret, Map.of());
  }

  private SecretAccess login() {
    return new SecretAccess.Data(
        Map.of(
            ".dockerconfigjson",
            "{\"auths\":{\"http://%s/v2/\":{\"username\":\"bot\",\"password\":\"pass\"}}}"
                .formatted(registry.host())
                .getBytes(StandardCharsets.UTF_8)));
  }

  private static void assertSeen(BaseSighting sighting, String digest) {
    assertThat(sighting)
        .isInstanceOfSatisfying(
            BaseSighting.Seen.class, seen -> assertThat(seen.digest()).isEqualTo(digest));
  }

  private static void assertBlind(BaseSighting sighting, String reason) {
    assertThat(sighting)
        .isInstanceOfSatisfying(
            BaseSighting.Blind.class,
            blind -> {
              assertThat(blind.reason()).isEqualTo(reason);
              assertThat(blind.message()).doesNotContain("pass", LOGIN);
            });
  }

  @Test
  void oneHeadIsEnoughAndAsksForIndexesToo() {
    assertSeen(read(new SecretAccess.Denied()), ONE);
    assertThat(registry.requests).containsExactly("HEAD /v2/app/manifests/1 -");
  }

  @Test
  void aRegistryThatTellsNoDigestIsAskedForTheBytes() {
    registry.tellsDigest = false;
    assertSeen(
        read(new SecretAccess.Missing()),
        "sha256:" + dev.slipway.operator.digest.Sha256.hex("manifest"));
  }

  @Test
  void aLoginIsShownWhereTheNamespaceLetsTheOperatorReadIt() {
    registry.basic = LOGIN;
    assertSeen(read(login()), ONE);
    assertBlind(read(new SecretAccess.Denied()), "RegistryAuthenticationFailed");
  }

  @Test
  void tokensAreFetchedFromTheRegistrysOwnTokenService() {
    registry.realm = "http://" + registry.host() + "/token";
    registry.basic = LOGIN;
    assertSeen(read(login()), ONE);
    assertThat(registry.requests)
        .containsExactly(
            "HEAD /v2/app/manifests/1 -",
            "GET /token?service=fake&scope=repository%3Aapp%3Apull " + LOGIN,
            "HEAD /v2/app/manifests/1 Bearer t0ken");
  }

  @Test
  void aLoginIsNotShownToATokenServiceElsewhere() {
    // The same machine under another name: not the registry's host, as far as names go.
    registry.realm = "http://" + mirror.host().replace("127.0.0.1", "localhost") + "/token";
    assertSeen(read(login()), ONE);
    assertThat(mirror.requests).singleElement().asString().startsWith("GET /token").endsWith(" -");
  }

  @Test
  void theMirrorIsAskedFirstWithoutTheLoginAndItsOriginAfterIt() {
    mirror.digests.put("cache/app:1", "sha256:" + "2".repeat(64));
    Map<String, String> mirrors = Map.of(registry.host(), mirror.host() + "/cache");
    assertSeen(read(registry.host() + "/app:1", login(), mirrors), "sha256:" + "2".repeat(64));
    assertThat(registry.requests).isEmpty();
    mirror.digests.clear();
    assertSeen(read(registry.host() + "/app:1", login(), mirrors), ONE);
    assertThat(mirror.requests).noneMatch(r -> r.contains("Basic"));
  }

  @Test
  void whatIsWrongHasItsReason() {
    registry.digests.clear();
    assertBlind(read(new SecretAccess.Denied()), "ImageNotFound");
    registry.digests.put("app:1", ONE);
    registry.status = 503;
    assertBlind(read(new SecretAccess.Denied()), "RegistryUnreachable");
    assertBlind(
        read("127.0.0.1:1/app:1", new SecretAccess.Denied(), Map.of()), "RegistryUnreachable");
    // Where clouds keep the credentials of their machines.
    assertBlind(
        read("169.254.169.254/app:1", new SecretAccess.Denied(), Map.of()), "RegistryUnreachable");
  }

  @ParameterizedTest
  @CsvSource({
    "debian, docker.io/library/debian:latest",
    "debian:12, docker.io/library/debian:12",
    "team/app:1, docker.io/team/app:1",
    "index.docker.io/team/app, docker.io/team/app:latest",
    "localhost/app, localhost/app:latest",
    "r.example.com:5000/a/b:c, r.example.com:5000/a/b:c",
  })
  void namesAreReadAsDockerReadsThem(String text, String full) {
    assertThat(ImageName.moving(text)).map(ImageName::toString).contains(full);
  }

  @Test
  void aDigestNeverMoves() {
    assertThat(ImageName.moving("debian@" + ONE)).isEmpty();
    assertThat(ImageName.moving("debian:12@" + ONE)).isEmpty();
    assertThat(ImageName.moving("oci-layout:///x")).isEmpty();
  }

  @Test
  void theLoginOfTheLongestPathWins() {
    byte[] config =
        """
        {"auths": {"r.example.com": {"auth": "aG9zdDp4"}, "r.example.com/team": {"auth": "dGVhbTp4"},
         "https://index.docker.io/v1/": {"auth": "aHViOng="}, "bad": 1}}
        """
            .getBytes(StandardCharsets.UTF_8);
    assertThat(Login.in(config, ImageName.moving("r.example.com/team/app").orElseThrow()))
        .contains(new Login("dGVhbTp4"));
    assertThat(Login.in(config, ImageName.moving("r.example.com/teamwork/app").orElseThrow()))
        .contains(new Login("aG9zdDp4"));
    assertThat(Login.in(config, ImageName.moving("debian").orElseThrow()))
        .contains(new Login("aHViOng="));
    assertThat(Login.in(config, ImageName.moving("q.example.com/app").orElseThrow())).isEmpty();
    assertThat(new Login("dGVhbTp4")).asString().doesNotContain("dGVhbTp4");
  }
}
