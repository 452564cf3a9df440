package dev.slipway.builder.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Map;

/**
 * Reads and writes Jackson's trees as {@code ObjectMapper} does. That class costs a program that
 * lives for half a second a tenth of it: it prepares formats of dates in the language of the
 * machine, and its parsers a table of powers of five for numbers that nobody writes.
 */
public final class JsonText {
  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonText() {}

  /**
   * Reads one value, in UTF-8. Of two values for one key the later counts.
   *
   * @return a missing node where there is nothing but white space
   * @throws JsonProcessingException where it is not JSON, with the place and without the text
   */
  public static JsonNode read(byte[] text) throws JsonProcessingException {
    return new JsonReader(JsonReader.decoded(text), false).document();
  }

  /** As {@link #read}, but two values for one key are an error. */
  public static JsonNode readStrictly(byte[] text) throws JsonProcessingException {
    return new JsonReader(JsonReader.decoded(text), true).document();
  }

  /**
   * The tree in UTF-8, on one line.
   *
   * @throws JsonProcessingException where a text is half a surrogate pair
   */
  public static byte[] bytes(JsonNode tree) throws JsonProcessingException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = FACTORY.createGenerator(bytes)) {
      write(tree, out);
    } catch (JsonProcessingException e) {
      throw e;
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  /** The tree on one line. */
  public static String text(JsonNode tree) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = FACTORY.createGenerator(text)) {
      write(tree, out);
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory cannot fail", e);
    }
    return text.toString();
  }

  private static void write(JsonNode node, JsonGenerator out) throws IOException {
    switch (node.getNodeType()) {
      case OBJECT -> {
        out.writeStartObject();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
          out.writeFieldName(field.getKey());
          write(field.getValue(), out);
        }
        out.writeEndObject();
      }
      case ARRAY -> {
        out.writeStartArray();
        for (JsonNode item : node) {
          write(item, out);
        }
        out.writeEndArray();
      }
      case STRING -> out.writeString(node.textValue());
      case BOOLEAN -> out.writeBoolean(node.booleanValue());
      case NULL -> out.writeNull();
      case NUMBER -> number(node, out);
      case BINARY, MISSING, POJO ->
          throw new IllegalArgumentException("a tree of JSON holds no " + node.getNodeType());
    }
  }

  private static void number(JsonNode node, JsonGenerator out) throws IOException {
    switch (node.numberType()) {
      case INT -> out.writeNumber(node.intValue());
      case LONG -> out.writeNumber(node.longValue());
      case BIG_INTEGER -> out.writeNumber(node.bigIntegerValue());
      case FLOAT -> out.writeNumber(node.floatValue());
      case DOUBLE -> out.writeNumber(node.doubleValue());
      case BIG_DECIMAL -> out.writeNumber(node.decimalValue());
    }
  }
}
