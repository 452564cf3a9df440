package dev.slipway.builder.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TargetsTest {

  private static final Endpoint HUB = endpoint("https://registry-1.docker.io");

  @Test
  void resolvesLocationsRelativeToTheRequest() throws Exception {
    URI from = URI.create("https://registry-1.docker.io/v2/a/blobs/uploads/");
    assertThat(Targets.location(HUB, from, "/v2/a/blobs/uploads/1?x=%2F"))
        .hasToString("https://registry-1.docker.io/v2/a/blobs/uploads/1?x=%2F");
    assertThat(Targets.location(HUB, from, "https://cdn.example.com/x"))
        .hasToString("https://cdn.example.com/x");
    // Its own host never leads us away from TLS, whatever it believes.
    assertThat(Targets.location(HUB, from, "http://registry-1.docker.io:80/x?y=1"))
        .hasToString("https://registry-1.docker.io/x?y=1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://cdn.example.com/x",
        "https://169.254.169.254/x",
        "https://[fd00:ec2::254]/x",
        "https://127.0.0.1/x",
        "https://[::1]:5000/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://0.0.0.0/x",
        "https://224.0.0.1/x",
        "ftp://cdn.example.com/x",
        "file:///etc/passwd",
        "https://user@cdn.example.com/",
        "https:///x",
        "https://exa mple.com/",
        "//169.254.169.254/x",
      })
  void refusesUnsafeLocations(String location) {
    URI from = URI.create("https://registry-1.docker.io/v2/");
    assertThatThrownBy(() -> Targets.location(HUB, from, location))
        .isInstanceOf(UnsafeTargetException.class)
        .hasMessageContaining("registry-1.docker.io");
  }

  @Test
  void judgesNamesByTheAddressThatIsConnectedTo() throws Exception {
    URI elsewhere = URI.create("https://rebound.example.com/");
    assertThat(HUB.allowedAddresses(elsewhere).test(InetAddress.ofLiteral("169.254.169.254")))
        .isFalse();
    assertThat(HUB.allowedAddresses(elsewhere).test(InetAddress.ofLiteral("127.0.0.1"))).isFalse();
    assertThat(HUB.allowedAddresses(elsewhere).test(InetAddress.ofLiteral("10.0.0.1"))).isTrue();
    // A registry whose own name leads to this machine was chosen by the user.
    assertThat(HUB.allowedAddresses(HUB.base()).test(InetAddress.ofLiteral("127.0.0.1"))).isTrue();
    Endpoint local = endpoint("http://localhost:5000");
    assertThat(local.allowedAddresses(elsewhere).test(InetAddress.ofLiteral("127.0.0.1"))).isTrue();
    assertThat(local.allowedAddresses(elsewhere).test(InetAddress.ofLiteral("169.254.169.254")))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "https://registry-1.docker.io,   https://auth.docker.io/token,       true",
    "https://ghcr.io,                https://ghcr.io/token,              true",
    "https://registry.gitlab.com,    https://gitlab.com/jwt/auth,        true",
    "https://reg.example.com,        https://example.com:8443/auth,      true",
    "https://reg.example.com,        https://example.org/auth,           false",
    "https://reg.example.com,        http://reg.example.com/auth,        false",
    "https://evil.com,               https://notevil.com/auth,           false",
    "https://10.0.0.5,               https://10.0.0.6/auth,              false",
    "https://10.0.0.5:5000,          https://10.0.0.5:5001/auth,         true",
    "http://localhost:5000,          http://127.0.0.1:5001/auth,         true",
    "http://reg.example.com,         http://auth.example.com/auth,       false",
    "http://registry,                http://auth/token,                  false",
    "http://registry:5000,           http://registry:5001/token,         true",
  })
  void showsLoginsOnlyToTokenServicesOfTheSameSite(String registry, String realm, boolean shown) {
    Endpoint endpoint = endpoint(registry);
    if (shown) {
      assertThat(realmOf(endpoint, realm, Set.of())).hasToString(realm);
    } else {
      assertThatThrownBy(() -> Targets.realm(endpoint, realm, true, Set.of()))
          .isInstanceOf(UnsafeTargetException.class);
    }
  }

  @Test
  void trustsTokenServicesThatTheUserNamed() {
    Endpoint endpoint = endpoint("https://reg.example.com");
    assertThat(realmOf(endpoint, "https://login.example.org/t", Set.of("login.example.org")))
        .hasHost("login.example.org");
  }

  @Test
  void readsChallenges() {
    Headers headers = new Headers();
    headers.add(
        "www-authenticate",
        "Basic realm=\"a, b\", BEARER Realm=\"https://x/t\" , service = \"s\\\"q\",scope=repo:a:pull,push");
    headers.add("WWW-Authenticate", "Negotiate");
    List<Challenge> all = Challenge.parse(headers);
    assertThat(all).extracting(Challenge::scheme).startsWith("basic", "bearer");
    assertThat(all.get(0).parameter("realm")).isEqualTo("a, b");
    assertThat(all.get(1).parameter("realm")).isEqualTo("https://x/t");
    assertThat(all.get(1).parameter("service")).isEqualTo("s\"q");
    for (String odd :
        List.of("", ",,,", "Bearer", "Bearer =", "\"", "Bearer realm=\"unclosed", "=x")) {
      Headers strange = new Headers();
      strange.add("WWW-Authenticate", odd);
      assertThat(Challenge.parse(strange)).hasSizeLessThan(3);
    }
  }

  private static URI realmOf(Endpoint endpoint, String realm, Set<String> trusted) {
    try {
      return Targets.realm(endpoint, realm, true, trusted);
    } catch (UnsafeTargetException e) {
      throw new AssertionError(e);
    }
  }

  private static Endpoint endpoint(String base) {
    URI uri = URI.create(base);
    return new Endpoint(uri.getAuthority(), uri, "", true, base.startsWith("http:"));
  }
}
