package dev.slipway.builder.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.network.NoProxy;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which host is really spoken to, and how: mirrors, proxies, TLS. */
final class EndpointsTest {

  private static final Platform AMD64 = Platform.parse("linux/amd64");
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir Path dir;
  private final Samples.Image image = Samples.image("linux/amd64", 10);

  @Test
  void mountsABlobThatCameThroughAMirrorOnTheHostThatIsPushedTo() throws IOException {
    try (FakeRegistry host = FakeRegistry.start();
        RegistryClient client =
            new RegistryClient(
                RegistrySettings.builder()
                    .mirror(Mirror.parse("hub.example=http://" + host.host() + "/cache/hub"))
                    .build())) {
      Blob layer = Samples.layer(5_000, 1);
      client.push(host.reference("cache/hub/lib/app"), layer);
      Blob base = client.blob(ImageReference.parse("hub.example/lib/app"), layer.descriptor());
      assertThat(client.push(host.reference("team/app"), base)).isEqualTo(PushResult.MOUNTED);
      assertThat(client.exists(host.reference("team/app"), layer.descriptor().digest())).isTrue();
    }
  }

  @Test
  void asksAMirrorFirstAndTheRegistryForTheRest() throws IOException {
    try (FakeRegistry origin = FakeRegistry.start();
        FakeRegistry mirror = FakeRegistry.start();
        RegistryClient direct = Samples.client();
        RegistryClient client =
            Samples.client(
                RegistrySettings.builder()
                    .mirror(
                        Mirror.parse(origin.host() + "=http://" + mirror.host() + "/cache/hub")))) {
      image.pushTo(direct, origin.reference("lib/app:1"));
      image.pushTo(direct, mirror.reference("cache/hub/lib/app:1"));
      Blob onlyInOrigin = Samples.layer(99, 9);
      direct.push(origin.reference("lib/app"), onlyInOrigin);
      origin.forgetSeen();

      ResolvedImage resolved = client.resolve(origin.reference("lib/app:1"), AMD64);
      assertThat(resolved.manifest()).isEqualTo(image.manifest());
      assertThat(origin.seen()).isEmpty();

      try (InputStream in =
          client.fetchBlob(origin.reference("lib/app"), onlyInOrigin.descriptor())) {
        assertThat(in.readAllBytes()).hasSize(99);
      }
      assertThat(origin.seen()).isNotEmpty();

      mirror.forgetSeen();
      client.push(origin.reference("lib/app"), Samples.layer(98, 8));
      assertThat(mirror.seen()).isEmpty();
    }
  }

  @Test
  void doesWithoutAMirrorThatIsDownOrWrong() {
    try (FakeRegistry origin = FakeRegistry.start();
        FakeRegistry broken = FakeRegistry.start();
        RegistryClient direct = Samples.client()) {
      image.pushTo(direct, origin.reference("app:1"));
      broken.faults(r -> new FakeRegistry.Fault.Status(500, Map.of()));
      try (RegistryClient client =
          Samples.client(
              RegistrySettings.builder()
                  .mirror(Mirror.parse(origin.host() + "=127.0.0.1:1"))
                  .mirror(Mirror.parse(origin.host() + "=" + broken.host())))) {
        assertThat(client.resolve(origin.reference("app:1"), AMD64).manifest())
            .isEqualTo(image.manifest());
        assertThatThrownBy(() -> client.resolve(origin.reference("absent:1"), AMD64))
            .isInstanceOfSatisfying(
                BuildException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.IMAGE_NOT_FOUND));
      }
    }
  }

  @Test
  void tellsWhatTheMirrorSaidWhereTheRegistryIsOutOfReach() {
    try (FakeRegistry mirror = FakeRegistry.start().basic("reader", "secret");
        RegistryClient client =
            Samples.client(
                RegistrySettings.builder().mirror(Mirror.parse("127.0.0.1:1=" + mirror.host())))) {
      ImageReference reference = ImageReference.parse("127.0.0.1:1/lib/app:1");
      assertThatThrownBy(() -> client.resolve(reference, AMD64))
          .isInstanceOfSatisfying(
              BuildException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_AUTH);
                assertThat(e.retryable()).isFalse();
                assertThat(e).hasMessageContaining(mirror.host());
                assertThat(e).hasMessageContaining("; then: 127.0.0.1:1 does not take connections");
              });
    }
  }

  @Test
  void readsMirrorsAsTheyAreWritten() {
    assertThat(Mirror.parse("docker.io=mirror.example.com"))
        .isEqualTo(new Mirror("docker.io", "", "mirror.example.com", ""));
    assertThat(Mirror.parse("docker.io=https://m.example.com:8443/proxy/hub/"))
        .isEqualTo(new Mirror("docker.io", "https", "m.example.com:8443", "proxy/hub/"));
    assertThat(Mirror.parse("docker.io=http://[::1]:5000"))
        .isEqualTo(new Mirror("docker.io", "http", "[::1]:5000", ""));
    for (String wrong : List.of("", "x", "=m", "docker.io=", "docker.io=ftp://m", "a=b c")) {
      assertThatThrownBy(() -> Mirror.parse(wrong))
          .isInstanceOfSatisfying(
              BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
    }
  }

  @Test
  void goesThroughAProxy() {
    // A proxy is asked for whole URLs; the fake answers them as if it were the registry itself.
    try (FakeRegistry proxy = FakeRegistry.start();
        RegistryClient direct = Samples.client();
        RegistryClient client =
            Samples.client(
                RegistrySettings.builder()
                    .insecure("http://registry.test")
                    .proxies(
                        ProxySettings.fromEnvironment(
                            Map.of("http_proxy", "http://user:pw@" + proxy.host()))))) {
      image.pushTo(direct, proxy.reference("app:1"));
      proxy.forgetSeen();
      assertThat(client.resolve(ImageReference.parse("registry.test/app:1"), AMD64).manifest())
          .isEqualTo(image.manifest());
      assertThat(proxy.seen())
          .isNotEmpty()
          .allSatisfy(r -> {
            assertThat(r.header("Host")).isEqualTo("registry.test");
            assertThat(r.header("Proxy-Authorization")).startsWith("Basic ");
          });
    }
  }

  @Test
  void knowsWhatNotToAskAProxyFor() {
    ProxySettings proxies =
        ProxySettings.fromEnvironment(
            Map.of(
                "HTTPS_PROXY", "proxy.example.com:3128",
                "NO_PROXY",
                    "internal.example.com, .svc,10.0.0.0/8,host.example.org:5000,fd00::/8"));
    for (String direct :
        List.of(
            "internal.example.com",
            "a.internal.example.com",
            "registry.svc",
            "10.1.2.3:5000",
            "host.example.org:5000",
            "[fd00::1]",
            "localhost:5000",
            "127.0.0.9")) {
      assertThat(proxies.proxyFor(URI.create("https://" + direct))).as(direct).isEmpty();
    }
    for (String proxied :
        List.of("example.com", "xinternal.example.com", "11.1.2.3", "host.example.org", "svc")) {
      assertThat(proxies.proxyFor(URI.create("https://" + proxied)))
          .as(proxied)
          .contains(URI.create("http://proxy.example.com:3128"));
    }
    assertThat(proxies.proxyFor(URI.create("http://example.com"))).isEmpty();
    assertThat(
            ProxySettings.fromEnvironment(Map.of("HTTP_PROXY", "http://p:1", "no_proxy", "*"))
                .proxyFor(URI.create("http://example.com")))
        .isEmpty();
    assertThatThrownBy(
            () -> ProxySettings.fromEnvironment(Map.of("HTTP_PROXY", "ftp://u:secret@p")))
        .hasMessageNotContaining("secret");
  }

  @Test
  void checksCertificatesUnlessToldOtherwise() throws Exception {
    Path keys = dir.resolve("keys.p12");
    Path certificate = dir.resolve("ca.pem");
    // The name is not one that counts as this machine, so that the strict rule applies to it.
    keytool(
        "-genkeypair",
        "-alias",
        "r",
        "-keyalg",
        "EC",
        "-dname",
        "CN=registry.test",
        "-ext",
        "san=dns:registry.test,ip:127.0.0.1",
        "-keystore",
        keys.toString(),
        "-storepass",
        "changeit");
    byte[] encoded = KeyStore.getInstance(keys.toFile(), PASSWORD).getCertificate("r").getEncoded();
    Files.writeString(
        certificate,
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(encoded)
            + "\n-----END CERTIFICATE-----\n");
    try (FakeRegistry registry = FakeRegistry.startTls(context(keys));
        Tunnel tunnel = Tunnel.to(registry.port());
        RegistryClient local = Samples.client()) {
      // This machine's own registries are asked what they speak.
      image.pushTo(local, registry.reference("app:1"));

      ImageReference name = ImageReference.parse("registry.test/app:1");
      RegistrySettings.Builder strict =
          RegistrySettings.builder()
              .proxies(
                  new ProxySettings(null, URI.create("http://" + tunnel.host()), NoProxy.of("")));
      try (RegistryClient client = Samples.client(strict)) {
        assertThatThrownBy(() -> client.resolve(name, AMD64))
            .isInstanceOfSatisfying(
                BuildException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_UNREACHABLE))
            .hasMessageContaining("--ca-bundle")
            .hasMessageContaining("--insecure-registry registry.test");
      }
      try (RegistryClient client = Samples.client(strict.caBundle(certificate))) {
        assertThat(client.resolve(name, AMD64).manifest()).isEqualTo(image.manifest());
        ImageReference other = ImageReference.parse("other.test/app:1");
        assertThatThrownBy(() -> client.resolve(other, AMD64))
            .hasMessageContaining("TLS with other.test failed");
      }
      try (RegistryClient client =
          Samples.client(
              RegistrySettings.builder()
                  .insecure("registry.test")
                  .proxies(
                      new ProxySettings(
                          null, URI.create("http://" + tunnel.host()), NoProxy.of(""))))) {
        assertThat(client.resolve(name, AMD64).manifest()).isEqualTo(image.manifest());
      }
    }
  }

  @Test
  void refusesABundleWithoutCertificates() throws IOException {
    Path empty = Files.writeString(dir.resolve("empty.pem"), "");
    for (Path bundle : List.of(empty, dir.resolve("absent.pem"))) {
      try (RegistryClient client = Samples.client(RegistrySettings.builder().caBundle(bundle))) {
        assertThatThrownBy(
                () -> client.resolve(ImageReference.parse("registry.invalid/app"), AMD64))
            .isInstanceOf(BuildException.class);
      }
      assertThatThrownBy(() -> new Tls(List.of(bundle)).factory(true))
          .isInstanceOfSatisfying(
              BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE))
          .hasMessageContaining(String.valueOf(bundle.getFileName()));
    }
  }

  private static void keytool(String... arguments) throws Exception {
    List<String> command = new java.util.ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
  }

  private static SSLContext context(Path keys) throws Exception {
    KeyStore store = KeyStore.getInstance(keys.toFile(), PASSWORD);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }
}
