package dev.slipway.builder.cache;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.layer.LayerOptions;
import dev.slipway.builder.store.ContentStore;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Remembers steps as small records of the content store, which keeps their layers anyway. */
public final class LocalStepCache implements StepCache {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String STEPS = "steps";
  private static final String SLOTS = "slots";

  private final ContentStore store;

  public LocalStepCache(ContentStore store) {
    this.store = store;
  }

  @Override
  public List<FoundStep> find(StepKey key, LayerOptions wanted) {
    return store
        .record(STEPS, key.id())
        .flatMap(bytes -> read(bytes, StepResult.class))
        .map(result -> List.of(new FoundStep(result, Optional.empty())))
        .orElse(List.of());
  }

  @Override
  public void keep(
      List<StepKey> keys, StepResult result, boolean exported, Optional<LayerSource> layer) {
    for (StepKey key : keys) {
      if (find(key, LayerOptions.of(Compression.NONE)).stream()
          .noneMatch(found -> found.result().equals(result))) {
        write(STEPS, key.id(), result);
      }
    }
  }

  @Override
  public Optional<StepKey> last(String slot) {
    return store.record(SLOTS, slot).flatMap(bytes -> read(bytes, StepKey.class));
  }

  @Override
  public void remember(String slot, StepKey key) {
    write(SLOTS, slot, key);
  }

  private void write(String namespace, String key, Object value) {
    try {
      store.putRecord(namespace, key, JSON.writeValueAsBytes(value));
    } catch (IOException | BuildException e) {
      // A full disk shows where the layer is written; a record that is missing is only a miss.
      return;
    }
  }

  private static <T> Optional<T> read(byte[] bytes, Class<T> type) {
    try {
      return Optional.of(JSON.readValue(bytes, type));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
