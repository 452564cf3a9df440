package dev.slipway.builder.dockerfile;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.Location;
import java.util.List;
import java.util.Optional;

/**
 * What one target can be given: {@code --call outline}.
 *
 * @param name of the stage; empty where it has none
 * @param args that the target or what it needs declares, by line
 */
public record Outline(
    String name,
    Optional<String> description,
    List<Argument> args,
    List<Input> secrets,
    List<Input> ssh) {
  public Outline {
    args = List.copyOf(args);
    secrets = List.copyOf(secrets);
    ssh = List.copyOf(ssh);
  }

  /**
   * A build argument.
   *
   * @param value that it has in this build; empty where it has none
   */
  public record Argument(
      String name, String value, Optional<String> description, Location location) {}

  /** A secret or an SSH agent. */
  public record Input(String name, boolean required, Location location) {}

  /**
   * Makes the outline of {@code request.target()}, by default the last stage.
   *
   * @throws BuildException where the target does not exist or something cannot be expanded
   */
  public static Outline of(CheckRequest request) {
    return new Outliner(request).outline();
  }

  /** As {@code docker build --call outline} prints it. */
  public String toText() {
    StringBuilder out = new StringBuilder();
    if (!name.isEmpty() || description.isPresent()) {
      TextTable head = new TextTable(1);
      head.row("TARGET:", name.isEmpty() ? "(default)" : name);
      description.ifPresent(text -> head.row("DESCRIPTION:", text));
      out.append(head).append('\n');
    }
    if (!args.isEmpty()) {
      TextTable table = new TextTable(3);
      table.row("BUILD ARG", "VALUE", "DESCRIPTION");
      args.forEach(arg -> table.row(arg.name(), arg.value(), arg.description().orElse("")));
      out.append(table).append('\n');
    }
    inputs(out, "SECRET", secrets);
    inputs(out, "SSH", ssh);
    return out.toString();
  }

  private static void inputs(StringBuilder out, String title, List<Input> inputs) {
    if (!inputs.isEmpty()) {
      TextTable table = new TextTable(3);
      table.row(title, "REQUIRED");
      inputs.forEach(input -> table.row(input.name(), input.required() ? "true" : ""));
      out.append(table).append('\n');
    }
  }

  /** As {@code docker build --call outline,format=json} prints it. */
  public String toJson(String text) {
    ObjectNode root = CallJson.object();
    if (!name.isEmpty()) {
      root.put("name", name);
    }
    description.ifPresent(value -> root.put("description", value));
    if (!args.isEmpty()) {
      ArrayNode list = root.putArray("args");
      for (Argument arg : args) {
        ObjectNode node = list.addObject().put("name", arg.name());
        arg.description().ifPresent(value -> node.put("description", value));
        if (!arg.value().isEmpty()) {
          node.put("value", arg.value());
        }
        node.set("location", CallJson.location(arg.location()));
      }
    }
    inputs(root, "secrets", secrets);
    inputs(root, "ssh", ssh);
    root.putArray("sources").add(CallJson.base64(text));
    return CallJson.print(root);
  }

  private static void inputs(ObjectNode root, String field, List<Input> inputs) {
    if (!inputs.isEmpty()) {
      ArrayNode list = root.putArray(field);
      for (Input input : inputs) {
        ObjectNode node = list.addObject().put("name", input.name());
        if (input.required()) {
          node.put("required", true);
        }
        node.set("location", CallJson.location(input.location()));
      }
    }
  }
}
