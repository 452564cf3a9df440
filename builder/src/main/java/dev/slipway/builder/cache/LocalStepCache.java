package dev.slipway.builder.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.image.Compression;
import dev.slipway.builder.json.JsonText;
import dev.slipway.builder.layer.LayerOptions;
import dev.slipway.builder.store.ContentStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Remembers steps as small records of the content store, which keeps their layers anyway. */
public final class LocalStepCache implements StepCache {
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
        .flatMap(LocalStepCache::result)
        .map(result -> List.of(new FoundStep(result, Optional.empty())))
        .orElse(List.of());
  }

  @Override
  public void keep(
      List<StepKey> keys, StepResult result, boolean exported, Optional<LayerSource> layer) {
    for (StepKey key : keys) {
      if (find(key, LayerOptions.of(Compression.NONE)).stream()
          .noneMatch(found -> found.result().equals(result))) {
        write(STEPS, key.id(), bytes(result));
      }
    }
  }

  @Override
  public Optional<StepKey> last(String slot) {
    return store.record(SLOTS, slot).flatMap(LocalStepCache::key);
  }

  @Override
  public void remember(String slot, StepKey key) {
    write(SLOTS, slot, bytes(key));
  }

  private void write(String namespace, String key, byte[] value) {
    try {
      store.putRecord(namespace, key, value);
    } catch (BuildException e) {
      // A full disk shows where the layer is written; a record that is missing is only a miss.
      return;
    }
  }

  // Field by field: to find out by reflection how takes longer than a build with nothing to do.

  private static byte[] bytes(StepResult result) {
    return (result.diffId() + "\n" + result.created()).getBytes(StandardCharsets.UTF_8);
  }

  private static Optional<StepResult> result(byte[] bytes) {
    String[] lines = new String(bytes, StandardCharsets.UTF_8).split("\n", -1);
    return lines.length == 2 ? Optional.of(new StepResult(lines[0], lines[1])) : Optional.empty();
  }

  private static byte[] bytes(StepKey key) {
    ObjectNode parts = JsonNodeFactory.instance.objectNode();
    key.parts().forEach(part -> parts.put(part.name(), part.digest()));
    ObjectNode details = JsonNodeFactory.instance.objectNode();
    key.details().forEach(details::put);
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    all.set("parts", parts);
    all.set("details", details);
    return JsonText.text(all).getBytes(StandardCharsets.UTF_8);
  }

  private static Optional<StepKey> key(byte[] bytes) {
    try {
      JsonNode all = JsonText.read(bytes);
      List<StepKey.Part> parts = new ArrayList<>();
      all.path("parts")
          .properties()
          .forEach(part -> parts.add(new StepKey.Part(part.getKey(), part.getValue().asText())));
      Map<String, String> details = new HashMap<>();
      all.path("details")
          .properties()
          .forEach(detail -> details.put(detail.getKey(), detail.getValue().asText()));
      return Optional.of(new StepKey(parts, details));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
