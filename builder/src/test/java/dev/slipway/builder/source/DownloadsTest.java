package dev.slipway.builder.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.source.Downloads.Download;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against an http server of this process that answers as each test needs it. */
final class DownloadsTest {
  private static final String HELLO_SHA256 =
      "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

  @TempDir Path temp;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private String base;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    base = "http://127.0.0.1:" + server.getAddress().getPort();
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.close();
  }

  private interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  private void on(String path, Answer answer) {
    server.createContext(
        path,
        exchange -> {
          seen.add(
              exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("Authorization"));
          try (exchange) {
            answer.to(exchange);
          }
        });
  }

  private static void body(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static void redirect(HttpExchange exchange, String to) throws IOException {
    exchange.getResponseHeaders().add("Location", to);
    exchange.sendResponseHeaders(302, -1);
  }

  private Download fetch(String path) {
    return fetch(DownloadSettings.defaults(), path, Optional.empty());
  }

  private Download fetch(DownloadSettings settings, String path, Optional<String> checksum) {
    return new Downloads(settings)
        .fetch(
            URI.create(path.startsWith("http") ? path : base + path), checksum, temp.resolve("f"));
  }

  @Test
  void aFileComesWithItsNameTimeAndDigest() {
    on(
        "/files/app%20one.txt",
        exchange -> {
          exchange.getResponseHeaders().add("Last-Modified", "Sat, 01 Jan 2022 00:00:00 GMT");
          body(exchange, 200, "hello");
        });
    on("/files/app one.txt", exchange -> body(exchange, 200, "hello"));
    Download download = fetch("/files/app%20one.txt?token=abc");
    assertThat(download.file()).hasContent("hello");
    assertThat(download.name()).contains("app one.txt");
    assertThat(download.sha256()).isEqualTo(HELLO_SHA256);
  }

  @Test
  void lastModifiedIsKept() {
    on(
        "/x",
        exchange -> {
          exchange.getResponseHeaders().add("Last-Modified", "Sat, 01 Jan 2022 00:00:00 GMT");
          body(exchange, 200, "hello");
        });
    assertThat(fetch("/x").lastModified()).contains(Instant.parse("2022-01-01T00:00:00Z"));
  }

  @Test
  void namesFromServersAreOnlyNames() {
    assertThat(FileNames.of(URI.create("http://h/a/b.txt"), null)).contains("b.txt");
    assertThat(FileNames.of(URI.create("http://h/"), null)).isEmpty();
    assertThat(FileNames.of(URI.create("http://h"), "attachment; filename=\"x.tgz\""))
        .contains("x.tgz");
    assertThat(FileNames.of(URI.create("http://h/"), "attachment; filename=\"../../etc/passwd\""))
        .contains("passwd");
    assertThat(FileNames.of(URI.create("http://h/"), "attachment; filename=..")).isEmpty();
    assertThat(FileNames.of(URI.create("http://h/a%2F..%2Fb"), null)).contains("b");
    assertThat(FileNames.of(URI.create("http://h/.."), null)).isEmpty();
    assertThat(FileNames.of(URI.create("http://h/" + "x".repeat(256)), null)).isEmpty();
    assertThat(FileNames.of(URI.create("http://h/a%00b"), null)).isEmpty();
  }

  @Test
  void theChecksumIsHeld() {
    on("/x", exchange -> body(exchange, 200, "hello"));
    assertThat(
            fetch(DownloadSettings.defaults(), "/x", Optional.of("sha256:" + HELLO_SHA256)).size())
        .isEqualTo(5);
    fails("/x", Optional.of("sha256:" + "0".repeat(64)), ErrorCode.DIGEST_MISMATCH, HELLO_SHA256);
    fails("/x", Optional.of("md5:abc"), ErrorCode.USAGE, "the checksum 'md5:abc' is none");
    String sha512 =
        "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7"
            + "2323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043";
    assertThat(fetch(DownloadSettings.defaults(), "/x", Optional.of("sha512:" + sha512)).size())
        .isEqualTo(5);
  }

  @Test
  void redirectsAreFollowedWithinBounds() {
    on("/a", exchange -> redirect(exchange, "/b"));
    on("/b", exchange -> body(exchange, 200, "hello"));
    on("/circle", exchange -> redirect(exchange, "/circle"));
    on("/file", exchange -> redirect(exchange, "file:///etc/passwd"));
    on("/meta", exchange -> redirect(exchange, "http://169.254.169.254/latest/meta-data"));
    assertThat(fetch("/a").size()).isEqualTo(5);
    fails("/circle", Optional.empty(), ErrorCode.DOWNLOAD, "more than 10 redirects");
    fails("/file", Optional.empty(), ErrorCode.DOWNLOAD, "not http or https");
    fails("/meta", Optional.empty(), ErrorCode.DOWNLOAD, "not open to builds");
  }

  @Test
  void credentialsGoToTheirHostOnly() throws IOException {
    HttpServer other =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other.createContext(
        "/",
        exchange -> {
          seen.add("other " + exchange.getRequestHeaders().getFirst("Authorization"));
          body(exchange, 200, "hello");
          exchange.close();
        });
    other.start();
    try {
      on(
          "/x",
          exchange -> redirect(exchange, "http://127.0.0.1:" + other.getAddress().getPort() + "/"));
      String host = base.substring("http://".length());
      DownloadSettings settings =
          DownloadSettings.defaults()
              .withSecrets(Map.of("HTTP_AUTH_TOKEN_" + host, "t0ken\n".getBytes(UTF_8)));
      fetch(settings, "/x", Optional.empty());
      assertThat(seen).containsExactly("/x Bearer t0ken", "other null");
    } finally {
      other.stop(0);
    }
  }

  @Test
  void whatMayPassIsTriedAgain() {
    AtomicInteger requests = new AtomicInteger();
    on("/flaky", exchange -> body(exchange, requests.incrementAndGet() < 3 ? 503 : 200, "hello"));
    assertThat(fetch("/flaky").size()).isEqualTo(5);
    on("/gone", exchange -> body(exchange, 404, "no"));
    fails("/gone", Optional.empty(), ErrorCode.DOWNLOAD, "404 (not found); check the URL");
    assertThat(seen.stream().filter(line -> line.startsWith("/gone"))).hasSize(1);
  }

  @Test
  void aBodyThatIsCutOrTooLongIsRefused() {
    on(
        "/cut",
        exchange -> {
          exchange.sendResponseHeaders(200, 100);
          exchange.getResponseBody().write("short".getBytes(UTF_8));
          exchange.getResponseBody().flush();
          throw new IOException("gone");
        });
    on(
        "/endless",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] block = new byte[8192];
          while (true) {
            exchange.getResponseBody().write(block);
          }
        });
    fails("/cut", Optional.empty(), ErrorCode.DOWNLOAD, "");
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() ->
            fetch(DownloadSettings.defaults().withMaxBytes(1 << 20), "/endless", Optional.empty()))
        .withMessageContaining("larger than the limit")
        .satisfies(e -> assertThat(e.retryable()).isFalse());
  }

  @Test
  void aServerThatStopsIsNoticed() {
    on(
        "/stuck",
        exchange -> {
          exchange.sendResponseHeaders(200, 10);
          exchange.getResponseBody().write('x');
          exchange.getResponseBody().flush();
          // Holds the connection until the client has given up on it.
          while (exchange.getRequestBody().read() >= 0) {
            Thread.onSpinWait();
          }
          try {
            Thread.sleep(3_000);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    DownloadSettings hasty =
        new DownloadSettings(
            AddressPolicy.NO_METADATA,
            1 << 20,
            Duration.ofMillis(200),
            1,
            Optional.empty(),
            Map.of(),
            Map.of());
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> fetch(hasty, "/stuck", Optional.empty()))
        .withMessageContaining("did not answer in time")
        .satisfies(e -> assertThat(e.retryable()).isTrue());
  }

  @Test
  void addressesThatOnlyTheNodeMayReachAreRefused() throws IOException {
    for (String host :
        List.of(
            "169.254.169.254",
            "[fe80::1]",
            "0.0.0.0",
            "224.0.0.1",
            "100.100.100.200",
            "[fd00:ec2::254]")) {
      assertThatExceptionOfType(AddressPolicy.Refused.class)
          .as(host)
          .isThrownBy(() -> AddressPolicy.NO_METADATA.check(host));
    }
    assertThat(AddressPolicy.NO_METADATA.check("127.0.0.1")).isFalse();
    assertThat(AddressPolicy.NO_METADATA.check("10.1.2.3")).isFalse();
    assertThat(AddressPolicy.NO_METADATA.check("192.0.2.1")).isTrue();
    assertThatExceptionOfType(AddressPolicy.Refused.class)
        .isThrownBy(() -> AddressPolicy.PUBLIC_ONLY.check("10.1.2.3"));
    assertThatExceptionOfType(AddressPolicy.Refused.class)
        .isThrownBy(() -> AddressPolicy.NO_METADATA.checkRedirect("10.1.2.3", true));
  }

  @Test
  void proxiesComeFromTheEnvironment() {
    EnvironmentProxies proxies =
        new EnvironmentProxies(
            Map.of(
                "HTTPS_PROXY", "http://proxy.example:3128",
                "http_proxy", "proxy.example:8080",
                "NO_PROXY", "internal.example,.svc,10.0.0.0/8,exact:8443,default:443"));
    assertThat(at(proxies, "https://github.com/")).isEqualTo("proxy.example:3128");
    assertThat(at(proxies, "http://github.com/")).isEqualTo("proxy.example:8080");
    for (String direct :
        List.of(
            "https://internal.example/",
            "https://a.internal.example/",
            "http://x.svc/",
            "http://10.9.8.7/",
            "https://exact:8443/",
            "https://default/",
            "http://localhost/",
            "http://127.0.0.1/")) {
      assertThat(at(proxies, direct)).as(direct).isEqualTo("direct");
    }
    assertThat(at(proxies, "https://exact/")).isEqualTo("proxy.example:3128");
    assertThat(at(new EnvironmentProxies(Map.of()), "https://x/")).isEqualTo("direct");
  }

  private static String at(EnvironmentProxies proxies, String url) {
    Proxy proxy = proxies.select(URI.create(url)).getFirst();
    if (proxy.type() == Proxy.Type.DIRECT) {
      return "direct";
    }
    InetSocketAddress address = (InetSocketAddress) proxy.address();
    return address.getHostString() + ":" + address.getPort();
  }

  private void fails(String path, Optional<String> checksum, ErrorCode code, String message) {
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> fetch(DownloadSettings.defaults(), path, checksum))
        .withMessageContaining(message)
        .satisfies(e -> assertThat(e.code()).isEqualTo(code));
  }
}
