package dev.slipway.builder.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.Document;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Manifest;
import dev.slipway.builder.image.MediaType;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.layer.LayerOptions;
import dev.slipway.builder.registry.FakeRegistry;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.RegistrySettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Builds that write to one tag at the same time. */
@Timeout(60)
final class CacheWriterTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final LayerOptions GZIP = LayerOptions.of(Compression.GZIP);

  private final FakeRegistry registry = FakeRegistry.start();
  private final RegistryClient client =
      new RegistryClient(RegistrySettings.builder().build().forCaches());
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ImageReference reference = ImageReference.parse(registry.host() + "/cache:main");

  @AfterEach
  void stop() {
    threads.shutdownNow();
    client.close();
    registry.close();
  }

  private RegistryBackend backend() {
    return new RegistryBackend(
        client, reference, Platform.local(), Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private CacheWriter writer(Backend backend, Instant now) {
    return new CacheWriter(
        CacheTo.parse("type=registry,mode=max,ref=" + reference),
        backend,
        GZIP,
        Optional.empty(),
        threads,
        Clock.fixed(now, ZoneOffset.UTC));
  }

  private static StepKey key(String name) {
    return StepKey.of("RUN").add("the command", name).build();
  }

  private static void step(CacheWriter writer, String name) {
    byte[] bytes = ("layer of " + name).getBytes(StandardCharsets.UTF_8);
    Blob blob = Blob.of(Descriptor.of(MediaType.OCI_LAYER_GZIP, bytes), bytes);
    writer.keep(
        List.of(key(name)),
        new StepResult(Digest.sha256(bytes).toString(), NOW.toString()),
        true,
        Optional.of(encoding -> new CachedLayer(blob, encoding, Optional.empty())));
    writer.remember("slot of " + name, key(name));
  }

  private CacheIndex index() throws IOException {
    return backend().read().orElseThrow().index();
  }

  @Test
  void anIndexThatAnotherBuildOverwroteIsMergedAgain() throws Exception {
    // Another build reads before we write and writes after: what a registry cannot prevent.
    AtomicBoolean raced = new AtomicBoolean();
    Backend racing =
        new Forwarding(backend()) {
          @Override
          public void write(Document<Manifest> manifest) throws IOException {
            Optional<Content> stale = read();
            super.write(manifest);
            if (raced.compareAndSet(false, true)) {
              CacheIndex theirs =
                  new CacheIndex(
                      Map.of(
                          key("theirs").id(),
                          new CacheIndex.Step(
                              new StepResult("sha256:" + "a".repeat(64), NOW.toString()),
                              LocalDate.of(2026, 3, 1))),
                      List.of(),
                      Map.of(),
                      Optional.empty());
              CacheIndex old = stale.map(Content::index).orElse(CacheIndex.EMPTY);
              super.write(CacheManifest.write(old.plus(theirs), manifest.content().config()));
            }
          }
        };
    CacheWriter writer = writer(racing, NOW);
    step(writer, "ours");
    writer.finish(line -> {});
    assertThat(raced).isTrue();
    assertThat(index().steps()).containsOnlyKeys(key("ours").id(), key("theirs").id());
    assertThat(index().layers()).hasSize(1);
  }

  @Test
  void manyWritersLoseNothing() throws Exception {
    List<CacheWriter> writers =
        IntStream.range(0, 6).mapToObj(i -> writer(backend(), NOW)).toList();
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < writers.size(); i++) {
      CacheWriter writer = writers.get(i);
      int number = i;
      all.add(
          threads.submit(() -> {
            for (int s = 0; s < 4; s++) {
              step(writer, number + "-" + s);
            }
            writer.finish(line -> {});
            return null;
          }));
    }
    for (var one : all) {
      one.get();
    }
    // Whoever came last has seen everybody who was done; the others are asked to look again.
    for (CacheWriter writer : writers) {
      writer.finish(line -> {});
    }
    assertThat(index().steps()).hasSize(24);
    assertThat(index().layers()).hasSize(24);
  }

  @Test
  void whatNobodyUsedForAMonthIsDropped() throws Exception {
    CacheWriter old = writer(backend(), NOW);
    step(old, "old");
    old.finish(line -> {});
    CacheWriter young = writer(backend(), NOW.plusSeconds(40L * 24 * 3600));
    step(young, "young");
    young.finish(line -> {});
    assertThat(index().steps()).containsOnlyKeys(key("young").id());
    assertThat(index().layers()).hasSize(1);
  }

  @Test
  void keysOfTheLastBuildTravelWithoutWhatTheyWereMadeOf() throws Exception {
    CacheWriter writer = writer(backend(), NOW);
    step(writer, "one");
    writer.finish(line -> {});
    byte[] bytes;
    try (var in = backend().blob(index().inputs().orElseThrow()).open()) {
      bytes = in.readAllBytes();
    }
    StepKey last = CacheInputs.read(bytes).get("slot of one");
    assertThat(last.parts()).allSatisfy(part -> assertThat(part.digest()).hasSize(8));
    assertThat(key("one").changedSince(last)).isEmpty();
    assertThat(key("two").changedSince(last)).containsExactly("the command changed");
  }

  @Test
  void aMalformedIndexIsAMiss() {
    CacheIndex index =
        CacheManifest.read(
            new Manifest(
                MediaType.OCI_MANIFEST,
                CacheManifest.ARTIFACT,
                Descriptor.of(CacheManifest.INPUTS, new byte[0]),
                List.of(Descriptor.of(MediaType.OCI_LAYER_GZIP, new byte[1])),
                null,
                Map.of(
                    CacheManifest.STEPS,
                    "x\nabc sha256:1 now\n" + "a".repeat(64) + " sha256:../../etc now today\n\n",
                    CacheManifest.LAYERS,
                    "layer sha256:zz 99\nlayer\nmount")),
            LocalDate.of(2026, 3, 1));
    assertThat(index.steps()).isEmpty();
    assertThat(index.layers()).isEmpty();
    assertThat(index.mounts()).isEmpty();
  }

  /** Passes everything on. */
  private static class Forwarding implements Backend {
    private final Backend to;

    Forwarding(Backend to) {
      this.to = to;
    }

    @Override
    public String name() {
      return to.name();
    }

    @Override
    public Optional<Content> read() throws IOException {
      return to.read();
    }

    @Override
    public Blob blob(Descriptor descriptor) {
      return to.blob(descriptor);
    }

    @Override
    public boolean has(Descriptor blob) throws IOException {
      return to.has(blob);
    }

    @Override
    public void push(Blob blob) throws IOException {
      to.push(blob);
    }

    @Override
    public void write(Document<Manifest> manifest) throws IOException {
      to.write(manifest);
    }

    @Override
    public void update(Update update) throws IOException {
      to.update(update);
    }

    @Override
    public Optional<ImageReference> repository() {
      return to.repository();
    }
  }
}
