package dev.slipway.builder.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is let in, and who never sees a login. */
final class AuthenticationTest {

  private static final String SECRET = "s3cret-hunter2";
  private static final Platform AMD64 = Platform.parse("linux/amd64");

  @TempDir Path dir;
  private final FakeRegistry registry = FakeRegistry.start();
  private final ImageReference target = registry.reference("app:1");
  private final Samples.Image image = Samples.image("linux/amd64", 10, 20);

  @AfterEach
  void stop() {
    registry.close();
  }

  @Test
  void showsABasicLoginWhenAskedAndRemembersIt() throws IOException {
    registry.basic("me", SECRET);
    try (RegistryClient client = with(login(registry.host(), "me", SECRET))) {
      image.pushTo(client, target);
      assertThat(client.resolve(target, AMD64).manifest()).isEqualTo(image.manifest());
      assertThat(registry.seen()).filteredOn(r -> r.header("Authorization").isEmpty()).hasSize(2);
    }
  }

  @Test
  void reportsRefusedAndMissingLoginsWithoutTheirSecrets() throws IOException {
    registry.basic("me", "something else");
    try (RegistryClient client = with(login(registry.host(), "me", SECRET))) {
      assertThatThrownBy(() -> client.push(target, image.layers().getFirst()))
          .isInstanceOfSatisfying(
              BuildException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_AUTH);
                assertThat(e.retryable()).isFalse();
              })
          .hasMessageContaining("refused the credentials (401)")
          .hasMessageContaining("docker login " + registry.host())
          .hasMessageNotContaining(SECRET);
    }
    try (RegistryClient client = Samples.client()) {
      assertThatThrownBy(() -> client.resolve(target, AMD64))
          .hasMessageContaining("there are none for " + registry.host());
    }
  }

  @Test
  void getsATokenWithoutALogin() {
    registry.tokens();
    try (RegistryClient client = Samples.client()) {
      image.pushTo(client, target);
      assertThat(client.resolve(target, AMD64).manifest()).isEqualTo(image.manifest());
    }
    assertThat(registry.seen())
        .filteredOn(r -> r.path().startsWith("/token"))
        .allSatisfy(r ->
            assertThat(r.path())
                .contains("service=fake%2C+with+comma", "scope=repository%3Aapp%3Apull"))
        // One for pushing and one for pulling, however many requests there are.
        .hasSize(2);
  }

  @Test
  void getsATokenWithALoginAndGetsAnotherWhenItExpires() throws IOException {
    registry.tokens().basic("me", SECRET).tokenSeconds(300);
    try (RegistryClient client = with(login(registry.host(), "me", SECRET))) {
      image.pushTo(client, target);
      registry.revokeTokens();
      image.pushTo(client, target);
      assertThat(client.resolve(target, AMD64).manifest()).isEqualTo(image.manifest());
    }
    assertThat(registry.seen())
        .filteredOn(r -> r.header("Authorization").startsWith("Basic "))
        .allSatisfy(r -> assertThat(r.path()).startsWith("/token?"));
  }

  @Test
  void goesOnWithAnotherTokenWhereOneExpiresInTheMiddleOfAPush() throws IOException {
    for (String method : List.of("HEAD", "POST", "PUT")) {
      try (FakeRegistry strict = FakeRegistry.start().tokens().basic("me", SECRET);
          RegistryClient client = with(login(strict.host(), "me", SECRET))) {
        AtomicInteger times = new AtomicInteger();
        strict.faults(seen -> {
          if (seen.method().equals(method) && times.incrementAndGet() % 2 == 1) {
            strict.revokeTokens(); // before it is looked at
          }
          return null;
        });
        Samples.Image large = Samples.image("linux/amd64", 100, 3_000_000);
        ImageReference place = strict.reference("app:1");
        large.pushTo(client, place);
        assertThat(times.get()).as(method).isGreaterThan(1);
        assertThat(strict.manifest("app", "1")).isEqualTo(large.manifest().bytes());
      }
    }
  }

  @Test
  void exchangesAnIdentityTokenByPost() throws IOException {
    registry.tokens().basic("nobody", "nothing").identityToken(SECRET);
    Path config =
        file(
            "{\"auths\":{\"%s\":{\"auth\":\"%s\",\"identitytoken\":\"%s\"}}}"
                .formatted(registry.host(), base64("<token>:"), SECRET));
    try (RegistryClient client = with(config)) {
      image.pushTo(client, target);
    }
    assertThat(registry.seen()).noneMatch(r -> r.path().contains(SECRET));
    assertThat(registry.log()).contains("POST /token");
  }

  @Test
  void reportsARefusalOfTheTokenService() throws IOException {
    registry.tokens().basic("me", "something else");
    try (RegistryClient client = with(login(registry.host(), "me", SECRET))) {
      assertThatThrownBy(() -> client.resolve(target, AMD64))
          .isInstanceOfSatisfying(
              BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_AUTH))
          .hasMessageNotContaining(SECRET)
          .hasMessageNotContaining(base64("me:" + SECRET));
    }
  }

  @Test
  void asksForTheRightToMountFromAnotherRepository() {
    registry.tokens();
    Blob blob = Samples.layer(100, 1);
    try (RegistryClient client = Samples.client()) {
      client.push(registry.reference("base"), blob);
      assertThat(client.push(target, client.blob(registry.reference("base"), blob.descriptor())))
          .isEqualTo(PushResult.MOUNTED);
    }
    assertThat(registry.seen())
        .anyMatch(r ->
            r.path().startsWith("/token")
                && r.path().contains("repository%3Aapp%3Apull%2Cpush")
                && r.path().contains("repository%3Abase%3Apull"));
  }

  @Test
  void sendsABlobThatItMayNotMount() {
    registry.tokens();
    Blob blob = Samples.layer(100, 1);
    try (RegistryClient client = Samples.client()) {
      client.push(registry.reference("secret/base"), blob);
      registry.refuseScope("secret/base");
      Blob remote = client.blob(registry.reference("secret/base"), blob.descriptor());
      Blob local = Samples.layer(100, 1);
      assertThat(client.push(target, local, List.of(registry.reference("secret/base"))))
          .isEqualTo(PushResult.UPLOADED);
      assertThat(remote.descriptor()).isEqualTo(local.descriptor());
    }
    assertThat(registry.openUploads()).isZero();
  }

  @Test
  void oneTokenServesManyThreads() throws Exception {
    registry.tokens();
    try (RegistryClient client = Samples.client();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      client.exists(target, image.config().digest());
      List<Callable<PushResult>> pushes =
          java.util.stream.IntStream.range(0, 20)
              .mapToObj(
                  i -> (Callable<PushResult>) () -> client.push(target, Samples.layer(100 + i, i)))
              .toList();
      for (Future<PushResult> push : threads.invokeAll(pushes)) {
        assertThat(push.get()).isEqualTo(PushResult.UPLOADED);
      }
    }
    assertThat(registry.seen()).filteredOn(r -> r.path().startsWith("/token")).hasSize(1);
  }

  @Test
  void neverShowsALoginToTheHostThatHoldsTheBlobs() throws IOException {
    try (FakeRegistry store = FakeRegistry.start()) {
      registry.basic("me", SECRET);
      Blob blob = Samples.layer(5000, 1);
      byte[] bytes = blob.open().readAllBytes();
      registry.addBlob("app", bytes);
      store.addBlob("elsewhere", bytes);
      registry.blobsAt("http://localhost:" + store.port());
      try (RegistryClient client = with(login(registry.host(), "me", SECRET));
          InputStream in = client.fetchBlob(target, blob.descriptor())) {
        assertThat(in.readAllBytes()).isEqualTo(bytes);
      }
      assertThat(store.seen())
          .isNotEmpty()
          .allSatisfy(r -> assertThat(r.header("Authorization")).isEmpty());
    }
  }

  @Test
  void doesNotAnswerToTheLoginPromptOfAnotherHost() throws IOException {
    try (FakeRegistry store = FakeRegistry.start()) {
      registry.basic("me", SECRET);
      store.basic("me", SECRET);
      Blob blob = Samples.layer(5000, 1);
      registry.addBlob("app", blob.open().readAllBytes());
      registry.blobsAt("http://localhost:" + store.port());
      try (RegistryClient client = with(login(registry.host(), "me", SECRET))) {
        assertThatThrownBy(() -> client.fetchBlob(target, blob.descriptor()))
            .isInstanceOf(BuildException.class);
      }
      assertThat(store.seen()).allSatisfy(r -> assertThat(r.header("Authorization")).isEmpty());
    }
  }

  @Test
  void doesNotGoWhereARegistryMayNotSendUs() {
    Blob blob = Samples.layer(5000, 1);
    Map<String, String> places =
        Map.of(
            "http://169.254.169.254/latest", "169.254.169.254",
            "http://[fe80::1]/", "fe80",
            "http://100.100.100.200/", "100.100.100.200",
            "file:///etc/passwd", "something but HTTP",
            "http://user:pw@localhost:1/", "a login of its own");
    places.forEach((place, why) -> {
      registry.faults(r ->
          r.path().contains("/blobs/")
              ? new FakeRegistry.Fault.Status(307, Map.of("Location", place))
              : null);
      try (RegistryClient client = Samples.client()) {
        assertThatThrownBy(() -> client.fetchBlob(target, blob.descriptor()))
            .isInstanceOfSatisfying(
                BuildException.class,
                e -> {
                  assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_ERROR);
                  assertThat(e.retryable()).isFalse();
                })
            .hasMessageContaining(why);
      }
    });
  }

  @Test
  void endsACircleOfRedirects() {
    registry.faults(r ->
        r.path().contains("/blobs/")
            ? new FakeRegistry.Fault.Status(307, Map.of("Location", r.path()))
            : null);
    try (RegistryClient client = Samples.client()) {
      assertThatThrownBy(() -> client.fetchBlob(target, Samples.layer(1, 1).descriptor()))
          .hasMessageContaining("redirects more than 5 times");
    }
    assertThat(registry.seen()).hasSizeLessThan(10);
  }

  @Test
  void doesNotUploadWhereARegistryMayNotSendUs() {
    registry.faults(r ->
        r.method().equals("POST")
            ? new FakeRegistry.Fault.Status(
                202, Map.of("Location", "http://169.254.169.254/upload"))
            : null);
    try (RegistryClient client = Samples.client()) {
      assertThatThrownBy(() -> client.push(target, Samples.layer(1, 1)))
          .hasMessageContaining("169.254.169.254");
      assertThatThrownBy(() -> client.startUpload(target)).hasMessageContaining("169.254.169.254");
    }
  }

  @Test
  void doesNotShowALoginToAForeignTokenService() throws IOException {
    registry.realm("http://tokens.example.com/token").basic("me", SECRET);
    try (RegistryClient client = with(login(registry.host(), "me", SECRET))) {
      assertThatThrownBy(() -> client.resolve(target, AMD64))
          .hasMessageContaining("tokens.example.com")
          .hasMessageContaining("--registry-token-host");
    }
    registry.realm("http://169.254.169.254/token");
    try (RegistryClient client = Samples.client()) {
      assertThatThrownBy(() -> client.resolve(target, AMD64))
          .hasMessageContaining("169.254.169.254");
    }
  }

  private Path login(String host, String user, String password) throws IOException {
    return file(
        "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}".formatted(host, base64(user + ":" + password)));
  }

  private Path file(String json) throws IOException {
    return Files.writeString(dir.resolve("config.json"), json);
  }

  private static RegistryClient with(Path config) {
    return Samples.client(
        RegistrySettings.builder().credentials(Credentials.ofFiles(List.of(config))));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
