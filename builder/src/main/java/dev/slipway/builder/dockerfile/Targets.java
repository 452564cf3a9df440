package dev.slipway.builder.dockerfile;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * The stages that can be built: {@code --call targets}.
 *
 * @param stages in order; the last one is the default
 */
public record Targets(List<Stage> stages) {
  public Targets {
    stages = List.copyOf(stages);
  }

  /** All stages of {@code file}. */
  public static Targets of(Dockerfile file) {
    return new Targets(file.stages());
  }

  /** As {@code docker build --call targets} prints it. */
  public String toText() {
    TextTable table = new TextTable(1);
    table.row("TARGET", "DESCRIPTION");
    for (Stage stage : stages) {
      String name = stage.name().orElse("");
      if (stage.index() == stages.size() - 1) {
        name = name.isEmpty() ? "(default)" : name + " (default)";
      }
      table.row(name, stage.description().orElse(""));
    }
    return table.toString();
  }

  /** As {@code docker build --call targets,format=json} prints it. */
  public String toJson(String text) {
    ObjectNode root = CallJson.object();
    ArrayNode list = root.putArray("targets");
    for (Stage stage : stages) {
      ObjectNode node = list.addObject();
      stage.name().ifPresent(name -> node.put("name", name));
      if (stage.index() == stages.size() - 1) {
        node.put("default", true);
      }
      stage.description().ifPresent(value -> node.put("description", value));
      node.put("base", stage.from().image());
      stage.from().platform().ifPresent(platform -> node.put("platform", platform));
      node.set("location", CallJson.location(stage.from().location()));
    }
    root.putArray("sources").add(CallJson.base64(text));
    return CallJson.print(root);
  }
}
