package dev.slipway.builder.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.builder.image.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreLimitTest {
  private static final int MIB = 1 << 20;

  @TempDir private Path root;

  @Test
  void unchosenItIsHalfOfTheDiskAndNeverMuch() {
    assertThat(StoreLimit.OF_THE_DISK.bytes(10_000_000_000L)).hasValue(5_000_000_000L);
    assertThat(StoreLimit.OF_THE_DISK.bytes(4_000_000_000_000L)).hasValue(50_000_000_000L);
    assertThat(StoreLimit.of(7).bytes(10)).hasValue(7);
    assertThat(StoreLimit.NONE.bytes(10)).isEqualTo(OptionalLong.empty());
  }

  @Test
  void theLongestUnusedGoesFirstAndNoMoreThanMust() throws IOException {
    Digest oldest;
    Digest used;
    Digest newest;
    try (ContentStore store = ContentStore.open(root)) {
      oldest = blob(store, "oldest", Duration.ofDays(3));
      used = blob(store, "used", Duration.ofDays(4));
      newest = blob(store, "newest", Duration.ofDays(1));
    }
    try (ContentStore store = ContentStore.open(root)) {
      assertThat(store.blob(used)).isPresent(); // now it is not the oldest any more
    }
    try (ContentStore store = ContentStore.open(root)) {
      Pruning.Pruned pruned = store.keepWithin(StoreLimit.of(5 * MIB / 2));
      assertThat(pruned.count()).isEqualTo(1);
      assertThat(pruned.bytes()).isBetween((long) MIB, MIB + 65536L);
      assertThat(pruned.left()).isLessThanOrEqualTo(5 * MIB / 2);
      assertThat(store.blob(oldest)).isEmpty();
      assertThat(store.blob(used)).isPresent();
      assertThat(store.blob(newest)).isPresent();
    }
  }

  @Test
  void whatARunningBuildUsesStaysHoweverSmallTheLimit() throws IOException {
    Digest idle;
    Digest shared;
    try (ContentStore store = ContentStore.open(root)) {
      idle = blob(store, "idle", Duration.ofDays(1));
      shared = blob(store, "shared", Duration.ofDays(2));
      layer(store, "base", Duration.ofDays(2));
      layer(store, "other", Duration.ofDays(1));
    }
    try (ContentStore running = ContentStore.open(root)) {
      assertThat(running.blob(shared)).isPresent();
      Path lower = running.layer(digest("base")).orElseThrow().directory();
      Path scratch = running.newScratch("step");
      Digest own;
      try (ContentStore other = ContentStore.open(root)) {
        own = blob(other, "own", Duration.ZERO);
        other.keepWithin(StoreLimit.of(1));
      }
      assertThat(lower.resolve("file")).hasContent("base");
      assertThat(scratch).isDirectory();
      assertThat(running.blob(shared)).isPresent();
      assertThat(running.blob(own)).isPresent();
      assertThat(running.blob(idle)).isEmpty();
      assertThat(running.layer(digest("other"))).isEmpty();
    }
    // The clock of files is coarse: what was used this instant may count as used since the next.
    long ago = Instant.now().minusSeconds(1).toEpochMilli();
    age(root.resolve("blobs/sha256").resolve(shared.hex()), ago);
    age(root.resolve("layers").resolve(digest("base").hex()).resolve("layer.json"), ago);
    try (ContentStore later = ContentStore.open(root)) {
      // Nothing was added, and still it is too large: nobody claims it any more.
      later.keepWithin(StoreLimit.of(1));
      assertThat(later.blob(shared)).isEmpty();
      assertThat(later.layer(digest("base"))).isEmpty();
    }
  }

  @Test
  void anImageWithANameStaysUntilSomebodyAsksForIt() throws IOException {
    Digest part;
    Digest replaced;
    Digest cached;
    try (ContentStore store = ContentStore.open(root)) {
      part = blob(store, "part", Duration.ofDays(9));
      replaced = blob(store, "replaced", Duration.ofDays(9));
      cached = blob(store, "cached", Duration.ofDays(1));
      store.putImage("app:1", "the first", List.of(replaced));
      store.putImage("app:1", "the second", List.of(part));
    }
    try (ContentStore store = ContentStore.open(root)) {
      assertThat(store.keepWithin(StoreLimit.of(1)).count()).isEqualTo(2);
      store.pruning().prune(Pruning.Policy.CACHE);
      assertThat(store.image("app:1")).contains("the second");
      assertThat(store.image("app:2")).isEmpty();
      Pruning.Usage images = usage(store, Kind.IMAGES);
      assertThat(images.count()).isEqualTo(1);
      assertThat(images.bytes()).isGreaterThanOrEqualTo(MIB);
      assertThat(usage(store, Kind.BLOBS).count()).isZero();
    }
    for (Digest gone : List.of(replaced, cached)) {
      assertThat(root.resolve("blobs/sha256").resolve(gone.hex())).doesNotExist();
    }
    assertThat(root.resolve("blobs/sha256").resolve(part.hex())).exists();
    try (ContentStore store = ContentStore.open(root)) {
      store.pruning().prune(new Pruning.Policy(Optional.empty(), Duration.ofDays(1), true));
      assertThat(root.resolve("blobs/sha256").resolve(part.hex())).doesNotExist();
    }
  }

  private static Pruning.Usage usage(ContentStore store, Kind kind) {
    return store.pruning().usage().stream()
        .filter(usage -> usage.kind() == kind)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void noLimitDeletesNothing() throws IOException {
    try (ContentStore store = ContentStore.open(root)) {
      Digest kept = blob(store, "kept", Duration.ofDays(400));
      assertThat(store.keepWithin(StoreLimit.NONE).count()).isZero();
      assertThat(store.blob(kept)).isPresent();
    }
  }

  @Test
  void whatIsBrokenInTheStoreIsDeletedLikeTheRest() throws IOException {
    try (ContentStore store = ContentStore.open(root)) {
      blob(store, "fine", Duration.ofDays(1));
      Files.writeString(root.resolve("size"), "many");
      Files.createDirectories(root.resolve("layers").resolve("no-layer-at-all/fs"));
      Files.writeString(Files.createDirectories(root.resolve("records/ns")).resolve("stray"), "?");
      age(root.resolve("records/ns/stray"), 0);
      Path layer = layer(store, "counted-wrongly", Duration.ofDays(1));
      Files.writeString(layer.resolveSibling("size"), "12 apples");
    }
    try (ContentStore store = ContentStore.open(root)) {
      store.keepWithin(StoreLimit.of(1));
    }
    for (String folder : List.of("blobs/sha256", "layers", "tmp")) {
      assertThat(root.resolve(folder)).isEmptyDirectory();
    }
  }

  @Test
  void aRecordThatIsNotAsItWasWrittenIsNoRecord() throws IOException {
    try (ContentStore store = ContentStore.open(root)) {
      byte[] content = "a record".getBytes(StandardCharsets.UTF_8);
      store.putRecord("steps", "key", content);
      assertThat(store.record("steps", "key")).hasValue(content);
      Path file;
      try (Stream<Path> files = Files.walk(root.resolve("records"))) {
        file = files.filter(Files::isRegularFile).findFirst().orElseThrow();
      }
      byte[] written = Files.readAllBytes(file);
      for (byte[] broken :
          List.of(new byte[0], Arrays.copyOf(written, written.length - 1), new byte[100])) {
        Files.write(file, broken);
        assertThat(store.record("steps", "key")).isEmpty();
      }
      store.putRecord("steps", "key", content);
      assertThat(store.record("steps", "key")).hasValue(content);
    }
  }

  @Test
  void afterABuildThatAddedNothingNothingIsCounted() throws IOException {
    try (ContentStore store = ContentStore.open(root)) {
      blob(store, "first", Duration.ofDays(2));
      store.keepWithin(StoreLimit.of(2 * MIB));
    }
    // Unseen by a store that does not look.
    Path stray = root.resolve("blobs/sha256/stray");
    Files.write(stray, new byte[3 * MIB]);
    Files.setLastModifiedTime(stray, FileTime.from(Instant.EPOCH));
    try (ContentStore store = ContentStore.open(root)) {
      assertThat(store.keepWithin(StoreLimit.of(2 * MIB)).count()).isZero();
      assertThat(stray).exists();
      blob(store, "second", Duration.ZERO);
      assertThat(store.keepWithin(StoreLimit.of(2 * MIB)).count()).isPositive();
      assertThat(stray).doesNotExist();
    }
  }

  private static void age(Path marker, long millis) throws IOException {
    Files.setLastModifiedTime(marker, FileTime.fromMillis(millis));
  }

  private static Digest digest(String name) {
    return Digest.sha256(name.getBytes(StandardCharsets.UTF_8));
  }

  /** One MiB, last used so long ago. */
  private static Digest blob(ContentStore store, String name, Duration ago) throws IOException {
    Path file = store.newScratch("blob").resolve("blob");
    Files.write(file, new byte[MIB]);
    Path kept = store.addBlob(digest(name), file);
    store.delete(file.getParent());
    Files.setLastModifiedTime(kept, FileTime.from(Instant.now().minus(ago)));
    return digest(name);
  }

  private static Path layer(ContentStore store, String name, Duration ago) throws IOException {
    Path files = store.newScratch("files");
    Files.writeString(files.resolve("file"), name);
    Path kept = store.addLayer(digest(name), files, List.of()).directory();
    Files.setLastModifiedTime(
        kept.resolveSibling("layer.json"), FileTime.from(Instant.now().minus(ago)));
    return kept;
  }
}
