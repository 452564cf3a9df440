package dev.slipway.operator.kubectl;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.slipway.api.ImageBuild;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.PrintWriter;
import java.util.List;

/** The values of {@code -o}, as kubectl has them. */
enum Format {
  /** The whole object as JSON. */
  JSON,
  /** The whole object as YAML. */
  YAML,
  /** A table with more columns. */
  WIDE,
  /** {@code imagebuild.slipway.dev/NAME}. */
  NAME;

  static final String HELP = "json, yaml, wide or name.";
  private static final KubernetesSerialization TEXT = new KubernetesSerialization();

  static String name(ImageBuild build) {
    return "imagebuild.slipway.dev/" + build.getMetadata().getName();
  }

  /** Prints one object; {@link #WIDE} has no meaning for it. */
  void print(ImageBuild build, PrintWriter out) {
    switch (this) {
      case JSON -> out.println(pretty(TEXT.convertValue(build, ObjectNode.class)));
      case YAML -> out.print(TEXT.asYaml(build));
      case NAME, WIDE -> out.println(name(build));
    }
  }

  /** Prints several objects as kubectl does: in one List. */
  void print(List<ImageBuild> builds, PrintWriter out) {
    switch (this) {
      case JSON -> out.println(pretty(list(builds)));
      case YAML -> out.print(TEXT.asYaml(list(builds)));
      case NAME, WIDE -> builds.forEach(build -> out.println(name(build)));
    }
  }

  private static ObjectNode list(List<ImageBuild> builds) {
    ObjectNode list = com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode();
    list.put("apiVersion", "v1").put("kind", "List");
    ArrayNode items = list.putArray("items");
    builds.forEach(build -> items.add(TEXT.convertValue(build, ObjectNode.class)));
    return list;
  }

  private static String pretty(ObjectNode node) {
    return node.toPrettyString();
  }
}
