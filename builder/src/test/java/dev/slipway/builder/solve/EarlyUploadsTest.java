package dev.slipway.builder.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.registry.FakeRegistry;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.RegistrySettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A layer is on its way while it is being written, and whatever happens to that harms nobody. */
final class EarlyUploadsTest {
  private final byte[] bytes = new byte[12 << 20];
  private final Digest digest;
  private final FakeRegistry registry = FakeRegistry.start();
  private final ImageReference target = registry.reference("app");
  private final RegistryClient client =
      new RegistryClient(RegistrySettings.builder().insecure(registry.host()).build());
  private final ExecutorService background = Executors.newVirtualThreadPerTaskExecutor();
  private final EarlyUploads early = new EarlyUploads(client, Optional.of(target), background);

  @TempDir Path temp;
  private Path file = Path.of("");

  EarlyUploadsTest() {
    new Random(1).nextBytes(bytes);
    digest = Digest.sha256(bytes);
  }

  @BeforeEach
  void file() {
    file = temp.resolve("blob");
  }

  @AfterEach
  void stop() {
    background.shutdownNow();
    client.close();
    registry.close();
  }

  @Test
  void sendsBeforeTheLastByteIsWritten() throws IOException {
    try (EarlyUploads.Growing out = early.file(file)) {
      out.write(bytes, 0, 10 << 20);
      await().until(() -> registry.log().stream().anyMatch(line -> line.startsWith("PATCH")));
      assertThat(registry.blob("app", digest)).isNull();
      out.write(bytes, 10 << 20, 2 << 20);
      out.complete(digest);
    }
    early.await();

    assertThat(registry.blob("app", digest)).isEqualTo(bytes);
    assertThat(early.sent(digest)).isTrue();
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
  }

  @Test
  void aFileThatIsMovedMeanwhileIsSentWhole() throws IOException {
    try (EarlyUploads.Growing out = early.file(file)) {
      out.write(bytes);
      out.complete(digest);
    }
    Files.move(file, temp.resolve("elsewhere"));
    early.await();
    assertThat(registry.blob("app", digest)).isEqualTo(bytes);
  }

  @Test
  void asksNothingForASmallOne() throws IOException {
    try (EarlyUploads.Growing out = early.file(file)) {
      out.write(bytes, 0, 1 << 20);
      out.complete(Digest.sha256(Arrays.copyOf(bytes, 1 << 20)));
    }
    early.await();
    assertThat(registry.log()).isEmpty();
  }

  @Test
  void forgetsWhatIsNeverCompleted() throws IOException {
    try (EarlyUploads.Growing out = early.file(file)) {
      out.write(bytes);
    }
    early.await();
    assertThat(registry.blob("app", digest)).isNull();
    assertThat(registry.openUploads()).isZero();
    assertThat(early.sent(digest)).isFalse();
  }

  @Test
  void aRegistryThatBreaksOffIsLeftToThePush() throws IOException {
    registry.faults(
        seen -> seen.method().equals("PATCH") ? new FakeRegistry.Fault.DropUpload(1000) : null);
    try (EarlyUploads.Growing out = early.file(file)) {
      out.write(bytes);
      out.complete(digest);
    }
    early.await();
    assertThat(early.sent(digest)).isFalse();
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
  }
}
