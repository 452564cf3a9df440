package dev.slipway.builder.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.image.Blob;
import dev.slipway.builder.image.Descriptor;
import dev.slipway.builder.json.JsonText;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The keys that steps had in the last builds, by slot, as a small blob of a cache: what a miss is
 * explained with. Digests are cut to 32 bits there: enough to see that something changed, too few
 * to find out by trying what the value of a build argument was.
 */
final class CacheInputs {
  private static final int MOST_SLOTS = 500;
  private static final int MOST_BYTES = 8 << 20;
  private static final int KEPT_DIGITS = 8;

  private CacheInputs() {}

  /** Writes the newest of them; {@code inputs} is in the order of their age, the oldest first. */
  static Blob write(Map<String, StepKey> inputs) throws IOException {
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    inputs.entrySet().stream()
        .skip(Math.max(0, inputs.size() - MOST_SLOTS))
        .forEach(entry -> all.set(entry.getKey(), json(entry.getValue())));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(JsonText.bytes(all));
    }
    byte[] content = bytes.toByteArray();
    return Blob.of(Descriptor.of(CacheManifest.INPUTS, content), content);
  }

  /** What is there, and over it those of this build. */
  static Blob merged(Optional<Blob> there, Map<String, StepKey> ours) throws IOException {
    Map<String, StepKey> all = new LinkedHashMap<>();
    if (there.isPresent()) {
      try (InputStream in = there.get().open()) {
        all.putAll(read(in.readAllBytes()));
      } catch (IOException | BuildException e) {
        // They only explain; ours do that as well.
        all.clear();
      }
    }
    ours.forEach((slot, key) -> {
      all.remove(slot);
      all.put(slot, key);
    });
    return write(all);
  }

  private static ObjectNode json(StepKey key) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    ArrayNode parts = node.putArray("parts");
    for (StepKey.Part part : key.parts()) {
      parts.addArray().add(part.name()).add(cut(part.digest()));
    }
    ObjectNode details = node.putObject("details");
    key.details().forEach((name, value) -> details.put(name, cut(value)));
    return node;
  }

  private static String cut(String digest) {
    return digest.substring(0, Math.min(KEPT_DIGITS, digest.length()));
  }

  /** Reads what {@link #write} wrote. */
  static Map<String, StepKey> read(byte[] content) throws IOException {
    Map<String, StepKey> inputs = new LinkedHashMap<>();
    byte[] text;
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(content))) {
      text = in.readNBytes(MOST_BYTES);
    }
    for (Map.Entry<String, JsonNode> slot : JsonText.read(text).properties()) {
      List<StepKey.Part> parts = new ArrayList<>();
      for (JsonNode part : slot.getValue().path("parts")) {
        parts.add(new StepKey.Part(part.path(0).asText(), part.path(1).asText()));
      }
      Map<String, String> details = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> detail : slot.getValue().path("details").properties()) {
        details.put(detail.getKey(), detail.getValue().asText());
      }
      inputs.put(slot.getKey(), new StepKey(parts, details));
    }
    return inputs;
  }
}
