package dev.slipway.builder.cache;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.image.Digest;
import dev.slipway.builder.image.ImageReference;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.layer.LayerOptions;
import dev.slipway.builder.registry.RegistryClient;
import dev.slipway.builder.registry.RegistrySettings;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;

/** All the caches of one build: the local one, those it reads, those it writes. Thread-safe. */
public final class BuildCache implements StepCache, AutoCloseable {
  private final LocalStepCache local;
  private final Optional<RegistryClient> client;
  private final List<CacheReader> readers;
  private final List<CacheWriter> writers;
  private final boolean inline;
  private final Map<String, StepResult> seen = new ConcurrentHashMap<>();
  private final Set<String> lost = ConcurrentHashMap.newKeySet();
  private volatile boolean localOnly;

  private BuildCache(
      LocalStepCache local,
      Optional<RegistryClient> client,
      List<CacheReader> readers,
      List<CacheWriter> writers,
      boolean inline) {
    this.local = local;
    this.client = client;
    this.readers = List.copyOf(readers);
    this.writers = List.copyOf(writers);
    this.inline = inline;
  }

  /**
   * What a build's caches are made with.
   *
   * @param platform of the image; an inline cache is read from the image for it
   * @param encoding of the image's layers
   */
  public record Settings(
      List<CacheFrom> from,
      List<CacheTo> to,
      Platform platform,
      LayerOptions encoding,
      RegistrySettings registries,
      Clock clock) {}

  /**
   * Opens the caches, and begins to read.
   *
   * @param threads interrupts its threads when it is shut down at once
   * @param warn receives what goes wrong and does not matter
   */
  public static BuildCache open(
      LocalStepCache local, Settings settings, ExecutorService threads, Consumer<String> warn) {
    boolean remote =
        settings.from().stream().anyMatch(one -> one.place() instanceof CachePlace.InRegistry)
            || settings.to().stream().anyMatch(one -> one.place() instanceof CachePlace.InRegistry);
    Optional<RegistryClient> client =
        remote
            ? Optional.of(new RegistryClient(settings.registries().forCaches()))
            : Optional.empty();
    List<CacheReader> readers = new ArrayList<>();
    for (CacheFrom from : settings.from()) {
      backend(from.place(), client, settings)
          .ifPresent(backend -> readers.add(new CacheReader(from, backend, threads, warn)));
    }
    List<CacheWriter> writers = new ArrayList<>();
    for (CacheTo to : settings.to()) {
      Optional<CacheReader> same =
          readers.stream().filter(one -> one.from().place().equals(to.place())).findFirst();
      backend(to.place(), client, settings)
          .ifPresent(backend ->
              writers.add(
                  new CacheWriter(
                      to,
                      backend,
                      to.encoding().orElse(settings.encoding()),
                      same,
                      threads,
                      settings.clock())));
    }
    boolean inline =
        settings.to().stream().anyMatch(one -> one.place() instanceof CachePlace.Inline);
    return new BuildCache(local, client, readers, writers, inline);
  }

  private static Optional<Backend> backend(
      CachePlace place, Optional<RegistryClient> client, Settings settings) {
    return switch (place) {
      case CachePlace.InRegistry in ->
          client.map(one ->
              new RegistryBackend(one, in.reference(), settings.platform(), settings.clock()));
      case CachePlace.InDirectory in ->
          Optional.of(new DirectoryBackend(in.directory(), in.tag(), settings.clock()));
      case CachePlace.Inline ignored -> Optional.empty();
    };
  }

  @Override
  public List<FoundStep> find(StepKey key, LayerOptions wanted) {
    List<FoundStep> found = new ArrayList<>(local.find(key, wanted));
    if (!localOnly) {
      readers.forEach(reader -> reader.find(key).ifPresent(found::add));
    }
    return found.stream()
        .filter(step -> !lost.contains(step.result().diffId()))
        .map(step -> new FoundStep(step.result(), layer(step.result(), wanted)))
        .distinct()
        .toList();
  }

  private Optional<CachedLayer> layer(StepResult result, LayerOptions wanted) {
    if (localOnly) {
      return Optional.empty();
    }
    Digest diffId = Digest.parse(result.diffId());
    Optional<CachedLayer> other = Optional.empty();
    for (CacheReader reader : readers) {
      Optional<CachedLayer> layer = reader.layer(diffId, wanted);
      if (layer.filter(one -> one.encoding().equals(wanted)).isPresent()) {
        return layer;
      }
      other = other.or(() -> layer);
    }
    return other;
  }

  @Override
  public void keep(
      List<StepKey> keys, StepResult result, boolean exported, Optional<LayerSource> layer) {
    local.keep(keys, result, exported, layer);
    // One name that does not depend on whether the step ran: an image must not depend on that.
    seen.put(keys.getLast().id(), result);
    writers.forEach(writer -> writer.keep(keys, result, exported, layer));
  }

  @Override
  public Optional<StepKey> last(String slot) {
    Optional<StepKey> last = local.last(slot);
    for (CacheReader reader : readers) {
      last = last.or(() -> reader.last(slotName(slot)));
    }
    return last;
  }

  @Override
  public void remember(String slot, StepKey key) {
    local.remember(slot, key);
    writers.forEach(writer -> writer.remember(slotName(slot), key));
  }

  /** Slots hold paths and URLs of whoever builds; others need not read them. */
  private static String slotName(String slot) {
    return Digest.sha256(slot.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 32);
  }

  /** Forgets results whose layers turned out not to be there. */
  public void lose(Set<Digest> diffIds) {
    diffIds.forEach(diffId -> lost.add(diffId.toString()));
    writers.forEach(writer -> writer.lose(diffIds));
  }

  /** Reads no other cache any more than the local one. */
  public void stayLocal() {
    localOnly = true;
  }

  /** A repository of {@code registry} that has the layer because a cache is kept there. */
  public Optional<ImageReference> home(Digest diffId, Set<String> registries) {
    for (CacheWriter writer : writers) {
      if (writer.to().place() instanceof CachePlace.InRegistry(ImageReference reference)
          && registries.contains(reference.registry())) {
        Optional<ImageReference> home = writer.home(diffId);
        if (home.isPresent()) {
          return home;
        }
      }
    }
    return Optional.empty();
  }

  /** What makes an image its own cache; nothing where nobody asked for that. */
  public Map<String, String> inlineAnnotations(
      List<Digest> diffIds, List<Descriptor> blobs, LayerOptions encoding) {
    return inline ? CacheManifest.inline(seen, diffIds, blobs, encoding.level()) : Map.of();
  }

  /** The kept content of a cache mount. */
  public Optional<KeptContent> mount(String id) {
    return readers.stream()
        .flatMap(reader -> reader.mount(mountName(id)).stream())
        .findFirst()
        .filter(content -> !localOnly);
  }

  /** Whether some cache wants the content of cache mounts. */
  public boolean keepsMounts() {
    return writers.stream().anyMatch(writer -> writer.to().mounts());
  }

  /** Hands the content of a cache mount to the caches that want it. */
  public void keepMount(String id, KeptContent content) {
    writers.stream()
        .filter(writer -> writer.to().mounts())
        .forEach(writer -> writer.keepMount(mountName(id), content));
  }

  private static String mountName(String id) {
    return Digest.sha256(id.getBytes(StandardCharsets.UTF_8)).hex();
  }

  /** A cache that is being written, for whoever reports on it. */
  public record Export(String name, boolean mayFail, Finish finish) {}

  /** Waits until all is written. */
  public interface Finish {
    /**
     * Waits.
     *
     * @param say receives what was written
     * @throws BuildException where the cache could not be written
     */
    void run(Consumer<String> say) throws InterruptedException;
  }

  /** The caches that are being written. */
  public List<Export> exports() {
    return writers.stream()
        .map(writer -> new Export(writer.name(), writer.to().ignoreError(), writer::finish))
        .toList();
  }

  @Override
  public void close() {
    client.ifPresent(RegistryClient::close);
  }
}
