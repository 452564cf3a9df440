package dev.slipway.builder.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.MediaType;
import dev.slipway.builder.image.Platform;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the client does with a registry, or a network, that does not behave. */
@Timeout(60)
final class FaultsTest {

  private static final Platform AMD64 = Platform.parse("linux/amd64");

  private final FakeRegistry registry = FakeRegistry.start();
  private final RegistryClient client = Samples.client();
  private final ImageReference target = registry.reference("app:1");

  @AfterEach
  void stop() {
    client.close();
    registry.close();
  }

  @Test
  void pushesAndPullsThroughARegistryThatDropsEveryThirdConnection() throws Exception {
    registry.faults(r -> r.number() % 3 == 0 ? new FakeRegistry.Fault.Drop() : null);
    Samples.Image image = Samples.image("linux/amd64", 10, 100_000, 3_000_000, 1_500_000, 7);
    // Requests of parallel pushes interleave by chance: now and then one of them is the third
    // several times in a row, which says nothing about how it is repeated.
    try (RegistryClient client = Samples.patientClient();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<PushResult>> pushes =
          image.layers().stream()
              .map(layer -> (Callable<PushResult>) () -> client.push(target, layer))
              .toList();
      for (Future<PushResult> push : threads.invokeAll(pushes)) {
        assertThat(push.get()).isNotNull();
      }
    }
    image.pushTo(client, target);
    ResolvedImage resolved = client.resolve(target, AMD64);
    assertThat(resolved.manifest()).isEqualTo(image.manifest());
    for (Blob layer : image.layers()) {
      assertThat(fetch(layer.descriptor())).hasSize((int) layer.descriptor().size());
    }
  }

  @Test
  void resumesADownloadWhereItBroke() throws IOException {
    Blob blob = Samples.layer(2_000_000, 1);
    client.push(target, blob);
    AtomicInteger breaks = new AtomicInteger();
    registry.faults(r ->
        isBlobRead(r) && breaks.getAndIncrement() < 3
            ? new FakeRegistry.Fault.Truncate(400_000)
            : null);
    registry.forgetSeen();

    assertThat(fetch(blob.descriptor())).isEqualTo(blob.open().readAllBytes());
    assertThat(registry.seen())
        .filteredOn(FaultsTest::isBlobRead)
        .extracting(r -> r.header("Range"))
        .containsExactly("", "bytes=400000-", "bytes=800000-", "bytes=1200000-");
  }

  @Test
  void resumesADownloadFromARegistryWithoutRanges() throws IOException {
    registry.withoutRanges();
    Blob blob = Samples.layer(1_000_000, 1);
    client.push(target, blob);
    AtomicInteger breaks = new AtomicInteger();
    registry.faults(r ->
        isBlobRead(r) && breaks.getAndIncrement() < 2
            ? new FakeRegistry.Fault.Truncate(300_000)
            : null);
    assertThat(fetch(blob.descriptor())).isEqualTo(blob.open().readAllBytes());
  }

  @Test
  void givesUpADownloadThatNeverGetsOn() {
    Blob blob = Samples.layer(500_000, 1);
    client.push(target, blob);
    registry.faults(r -> isBlobRead(r) ? new FakeRegistry.Fault.Truncate(10) : null);
    assertThatThrownBy(() -> fetch(blob.descriptor()))
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_UNREACHABLE);
              assertThat(e.retryable()).isTrue();
            });
  }

  @Test
  void neverHandsOutTheWholeOfAWrongBlob() throws IOException {
    Blob blob = Samples.layer(300_000, 1);
    client.push(target, blob);
    registry.faults(r -> isBlobRead(r) ? new FakeRegistry.Fault.Change(FaultsTest::flip) : null);
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    try (InputStream in = client.fetchBlob(target, blob.descriptor())) {
      assertThatThrownBy(() -> in.transferTo(got))
          .isInstanceOfSatisfying(
              BuildException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.DIGEST_MISMATCH);
                assertThat(e.retryable()).isTrue();
              });
      assertThatThrownBy(in::read).isInstanceOf(BuildException.class);
    }
    assertThat(got.size()).isLessThan(300_000);
  }

  @Test
  void refusesABlobOfAnotherSizeBeforeItMoves() {
    Blob blob = Samples.layer(1000, 1);
    client.push(target, blob);
    Descriptor longer = new Descriptor(MediaType.OCI_LAYER_GZIP, blob.descriptor().digest(), 1001);
    Descriptor shorter = new Descriptor(MediaType.OCI_LAYER_GZIP, blob.descriptor().digest(), 999);
    for (Descriptor wrong : List.of(longer, shorter)) {
      assertThatThrownBy(() -> client.fetchBlob(target, wrong))
          .hasMessageContaining("offers 1000 bytes");
    }
  }

  @Test
  void refusesAManifestThatDoesNotHaveItsDigest() {
    Samples.Image image = Samples.image("linux/amd64", 5);
    client.putManifest(target, image.manifest());
    registry.faults(r -> new FakeRegistry.Fault.Change(FaultsTest::flip));
    for (ImageReference name :
        List.of(target, registry.reference("app").withDigest(image.manifest().digest()))) {
      assertThatThrownBy(() -> client.manifest(name))
          .isInstanceOfSatisfying(
              BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DIGEST_MISMATCH));
    }
  }

  @Test
  void waitsAsLongAsItIsAskedTo() {
    Samples.Image image = Samples.image("linux/amd64", 5);
    client.putManifest(target, image.manifest());
    AtomicInteger answers = new AtomicInteger();
    registry.faults(r ->
        answers.getAndIncrement() == 0
            ? new FakeRegistry.Fault.Status(429, Map.of("Retry-After", "1"))
            : null);
    long start = System.nanoTime();
    assertThat(client.manifest(target).digest()).isEqualTo(image.manifest().digest());
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(990));
  }

  @Test
  void doesNotWaitForEver() {
    client.head(target);
    registry.forgetSeen();
    registry.faults(r -> new FakeRegistry.Fault.Status(429, Map.of("Retry-After", "86400")));
    assertThatThrownBy(() -> client.manifest(target))
        .isInstanceOfSatisfying(BuildException.class, e -> assertThat(e.retryable()).isTrue())
        .hasMessageContaining("429")
        .hasMessageContaining("--registry-mirror");
    assertThat(registry.seen()).hasSize(1);
  }

  @Test
  void triesAFailingRegistryOnlySoOften() {
    client.head(target);
    registry.forgetSeen();
    registry.faults(r -> new FakeRegistry.Fault.Status(503, Map.of()));
    assertThatThrownBy(() -> client.manifest(target))
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_ERROR);
              assertThat(e.retryable()).isTrue();
            })
        .hasMessageContaining("503")
        .hasMessageContaining("FAULT on request");
    assertThat(registry.seen()).hasSize(Samples.QUICK.attempts());
  }

  @Test
  void doesNotRepeatWhatWasRefused() {
    client.head(target);
    for (int status : List.of(400, 403, 413, 501)) {
      registry.forgetSeen();
      registry.faults(r -> new FakeRegistry.Fault.Status(status, Map.of()));
      assertThatThrownBy(() -> client.push(target, Samples.layer(10, 1)))
          .isInstanceOfSatisfying(BuildException.class, e -> assertThat(e.retryable()).isFalse())
          .hasMessageContaining(String.valueOf(status));
      assertThat(registry.seen()).hasSize(1);
    }
  }

  @Test
  void resumesAnUploadWhereItBroke() {
    Blob blob = Samples.layer(4_000_000, 1);
    AtomicInteger breaks = new AtomicInteger();
    registry.faults(r ->
        (r.method().equals("PUT") || r.method().equals("PATCH")) && breaks.getAndIncrement() < 2
            ? new FakeRegistry.Fault.DropUpload(1_000_000)
            : null);
    assertThat(client.push(target, blob)).isEqualTo(PushResult.UPLOADED);
    assertThat(registry.blob("app", blob.descriptor().digest())).hasSize(4_000_000);
    assertThat(registry.seen())
        .filteredOn(r -> r.method().equals("PATCH"))
        .extracting(r -> r.header("Content-Range"))
        .containsExactly("1000000-3999999", "2000000-3999999");
    assertThat(registry.openUploads()).isZero();
  }

  @Test
  void getsAnUploadThroughThatBreaksMoreOftenThanAnAttemptMayFail() throws IOException {
    Blob blob = Samples.layer(10_000, 3);
    AtomicInteger breaks = new AtomicInteger();
    registry.faults(r ->
        r.method().equals("PUT") && breaks.getAndIncrement() < Samples.QUICK.attempts() + 3
            ? new FakeRegistry.Fault.Drop()
            : null);
    assertThat(client.push(target, blob)).isEqualTo(PushResult.UPLOADED);
    assertThat(fetch(blob.descriptor())).isEqualTo(blob.open().readAllBytes());
  }

  @Test
  void givesUpAnUploadThatAlwaysBreaks() {
    Blob blob = Samples.layer(10_000, 4);
    registry.faults(r -> r.method().equals("PUT") ? new FakeRegistry.Fault.Drop() : null);
    assertThatThrownBy(() -> client.push(target, blob))
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_UNREACHABLE));
    assertThat(registry.seen())
        .filteredOn(r -> r.method().equals("PUT"))
        .hasSizeLessThan(5 * Samples.QUICK.attempts());
  }

  @Test
  void noticesThatAnUploadWasDoneThoughItsAnswerWasLost() {
    Blob blob = Samples.layer(4_000_000, 1);
    AtomicInteger puts = new AtomicInteger();
    registry.faults(r ->
        r.method().equals("PUT") && puts.getAndIncrement() == 0
            ? new FakeRegistry.Fault.LoseAnswer()
            : null);
    assertThat(client.push(target, blob)).isEqualTo(PushResult.UPLOADED);
    assertThat(puts).hasValue(1);

    puts.set(0);
    byte[] bytes = new byte[100_000];
    try (BlobUpload upload = client.startUpload(target)) {
      upload.write(bytes);
      upload.commit(Digest.sha256(bytes));
    }
    assertThat(registry.blob("app", Digest.sha256(bytes))).hasSize(100_000);
  }

  @Test
  void endsAStreamingUploadThatBreaksWithARetryableFailure() {
    registry.faults(
        r -> r.method().equals("PATCH") ? new FakeRegistry.Fault.DropUpload(1000) : null);
    try (BlobUpload upload = client.startUpload(target)) {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1000; i++) {
                  upload.write(new byte[100_000]);
                }
                upload.commit(Digest.sha256(new byte[0]));
              })
          .isInstanceOfSatisfying(
              BuildException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_UNREACHABLE);
                assertThat(e.retryable()).isTrue();
              });
    }
  }

  @Test
  void reportsTheRefusalOfAStreamingUpload() {
    registry.faults(
        r -> r.method().equals("PATCH") ? new FakeRegistry.Fault.Status(403, Map.of()) : null);
    try (BlobUpload upload = client.startUpload(target)) {
      assertThatThrownBy(
              () -> {
                upload.write(new byte[1000]);
                upload.commit(Digest.sha256(new byte[1000]));
              })
          .isInstanceOfSatisfying(
              BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_DENIED));
    }
  }

  @Test
  void beginsAgainWhenTheRegistryForgotTheUpload() {
    Blob blob = Samples.layer(50_000, 1);
    AtomicInteger puts = new AtomicInteger();
    registry.faults(r ->
        r.method().equals("PUT") && puts.getAndIncrement() == 0
            ? new FakeRegistry.Fault.Status(404, Map.of())
            : null);
    assertThat(client.push(target, blob)).isEqualTo(PushResult.UPLOADED);
    assertThat(puts).hasValue(2);
  }

  @Test
  void pushesNothingFromABlobThatLies() {
    byte[] bytes = new byte[1000];
    Blob other = Blob.of(Descriptor.of(MediaType.OCI_LAYER, flip(bytes)), bytes);
    Blob shorter = Blob.of(new Descriptor(MediaType.OCI_LAYER, Digest.sha256(bytes), 2000), bytes);
    for (Blob lie : List.of(other, shorter)) {
      assertThatThrownBy(() -> client.push(target, lie))
          .isInstanceOfSatisfying(
              BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DIGEST_MISMATCH));
    }
    assertThat(registry.blob("app", Digest.sha256(bytes))).isNull();
  }

  @Test
  void doesNotTakeAnUnreadableSourceForABrokenConnection() {
    Blob broken =
        new Blob() {
          @Override
          public Descriptor descriptor() {
            return Descriptor.of(MediaType.OCI_LAYER, new byte[10]);
          }

          @Override
          public InputStream open() throws IOException {
            throw new IOException("disk on fire");
          }
        };
    assertThatThrownBy(() -> client.push(target, broken))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO))
        .hasMessageContaining("disk on fire");
  }

  @Test
  void saysThatNobodyAnswers() {
    String host = registry.host();
    registry.close();
    assertThatThrownBy(() -> client.resolve(ImageReference.parse(host + "/app:1"), AMD64))
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_UNREACHABLE))
        .hasMessageContaining(host);
    ImageReference unknown = ImageReference.parse("registry.invalid/app:1");
    assertThatThrownBy(() -> client.resolve(unknown, AMD64))
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_UNREACHABLE))
        .hasMessageContaining("registry.invalid");
  }

  @Test
  void stopsAtAnInterrupt() throws InterruptedException {
    client.head(target);
    for (boolean isVirtual : List.of(true, false)) {
      CountDownLatch asked = new CountDownLatch(1);
      registry.faults(r -> {
        asked.countDown();
        return new FakeRegistry.Fault.Stall(30_000);
      });
      AtomicReference<Object> outcome = new AtomicReference<>();
      Runnable pull =
          () -> {
            try {
              outcome.set(client.manifest(target));
            } catch (BuildException e) {
              outcome.set(e.code());
            }
          };
      Thread thread = isVirtual ? Thread.ofVirtual().start(pull) : Thread.ofPlatform().start(pull);
      assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
      thread.interrupt();
      assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
      assertThat(outcome).hasValue(ErrorCode.CANCELLED);
    }
  }

  @Test
  void doesNotWaitForAnAnswerForEver() {
    client.head(target);
    registry.faults(r -> new FakeRegistry.Fault.Stall(30_000));
    try (RegistryClient impatient =
        new RegistryClient(
            RegistrySettings.builder()
                .answerTimeout(Duration.ofMillis(50))
                .connectTimeout(Duration.ofMillis(50))
                .retries(Samples.QUICK.withAttempts(2))
                .build())) {
      assertThatThrownBy(() -> impatient.manifest(target))
          .isInstanceOfSatisfying(
              BuildException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.REGISTRY_UNREACHABLE))
          .hasMessageContaining("no answer within");
    }
  }

  @Test
  void limitsTransfersPerHost() throws Exception {
    Blob blob = Samples.layer(1000, 1);
    client.push(target, blob);
    try (RegistryClient one = Samples.client(RegistrySettings.builder().transfersPerHost(1));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      InputStream first = one.fetchBlob(target, blob.descriptor());
      Future<byte[]> second =
          threads.submit(() -> {
            try (InputStream in = one.fetchBlob(target, blob.descriptor())) {
              return in.readAllBytes();
            }
          });
      // An upload does not wait for a download.
      assertThat(one.push(target, Samples.layer(1001, 2))).isEqualTo(PushResult.UPLOADED);
      assertThat(second.isDone()).isFalse();
      first.close();
      assertThat(second.get(10, TimeUnit.SECONDS)).hasSize(1000);
    }
  }

  private byte[] fetch(Descriptor blob) throws IOException {
    try (InputStream in = client.fetchBlob(target, blob)) {
      return in.readAllBytes();
    }
  }

  private static boolean isBlobRead(FakeRegistry.Seen request) {
    return request.method().equals("GET") && request.path().contains("/blobs/sha256:");
  }

  private static byte[] flip(byte[] bytes) {
    byte[] changed = bytes.clone();
    if (changed.length > 0) {
      changed[changed.length / 2] ^= 1;
    }
    return changed;
  }
}
