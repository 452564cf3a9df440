package dev.slipway.builder.dockerfile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.slipway.builder.failure.Location;
import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Records as JSON, for golden files: what is empty or false is left out, so that a file shows what
 * matters.
 */
final class AstJson {
  private AstJson() {}

  static JsonNode of(Object value) {
    return switch (value) {
      case Origin origin -> origin(origin);
      case Location location -> new TextNode(span(location));
      case CommandLine.ExecForm exec -> node("exec", exec.arguments());
      case CommandLine.ShellForm shell when shell.heredocs().isEmpty() ->
          node("shell", shell.line());
      case CommandLine.ShellForm shell ->
          ((ObjectNode) node("shell", shell.line())).set("heredocs", of(shell.heredocs()));
      case Record record -> record(record);
      // Immutable sets have another order in each JVM.
      case Set<?> set -> of(set.stream().sorted().toList());
      case Collection<?> list -> {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        list.forEach(element -> array.add(of(element)));
        yield array;
      }
      case Optional<?> optional -> optional.map(AstJson::of).orElse(new TextNode(""));
      case Boolean flag -> JsonNodeFactory.instance.booleanNode(flag);
      case Integer number -> JsonNodeFactory.instance.numberNode(number);
      default -> new TextNode(value.toString());
    };
  }

  private static JsonNode node(String name, Object value) {
    return JsonNodeFactory.instance.objectNode().set(name, of(value));
  }

  private static ObjectNode origin(Origin origin) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("at", span(origin.location()));
    node.put("source", origin.source());
    if (!origin.comments().isEmpty()) {
      node.set("comments", of(origin.comments()));
    }
    return node;
  }

  private static String span(Location location) {
    return location.line() + ":" + location.column() + "-" + location.endLine();
  }

  private static ObjectNode record(Record record) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    if (record instanceof Instruction || record instanceof From) {
      node.put("type", record.getClass().getSimpleName());
    }
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      Object value = read(record, component);
      if (value instanceof Origin origin) {
        node.setAll(origin(origin));
      } else if (!isEmpty(value)) {
        node.set(component.getName(), of(value));
      }
    }
    return node;
  }

  private static Object read(Record record, RecordComponent component) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean isEmpty(Object value) {
    return switch (value) {
      case Optional<?> optional -> optional.isEmpty();
      case OptionalInt optional -> optional.isEmpty();
      case OptionalLong optional -> optional.isEmpty();
      case Collection<?> list -> list.isEmpty();
      case Boolean flag -> !flag;
      case CheckOptions options -> options.equals(CheckOptions.DEFAULT);
      case java.time.Duration duration -> duration.isZero();
      default -> false;
    };
  }
}
