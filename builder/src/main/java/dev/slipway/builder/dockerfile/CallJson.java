package dev.slipway.builder.dockerfile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.failure.Location;
import dev.slipway.builder.linux.FileName;
import java.util.Base64;

/** The JSON that {@code --call ...,format=json} prints, indented as Go does it. */
final class CallJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private CallJson() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** One range for each line, as BuildKit has it. */
  static ObjectNode location(Location location) {
    ObjectNode out = object();
    ArrayNode ranges = out.putArray("ranges");
    for (int line = location.line(); line > 0 && line <= location.endLine(); line++) {
      ObjectNode range = ranges.addObject();
      range.putObject("start").put("line", line);
      range.putObject("end").put("line", line);
    }
    return out;
  }

  static String base64(String text) {
    return Base64.getEncoder().encodeToString(FileName.encode(text));
  }

  static String print(JsonNode node) {
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    Separators separators =
        Separators.createDefaultInstance()
            .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
            .withArrayEmptySeparator("")
            .withObjectEmptySeparator("");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter(separators)
            .withObjectIndenter(indenter)
            .withArrayIndenter(indenter);
    try {
      return MAPPER.writer(printer).writeValueAsString(node) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of nodes is always valid", e);
    }
  }
}
