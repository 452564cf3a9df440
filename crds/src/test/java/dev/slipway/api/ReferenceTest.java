package dev.slipway.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds docs/reference.md against the CustomResourceDefinition; with {@code
 * -Dslipway.generate=true} it writes the file instead. And docs/operations.md has to explain every
 * reason.
 */
final class ReferenceTest {
  private static final Path DOCS = Path.of("..", "docs");

  @Test
  void theReferenceIsWhatTheDefinitionSays() throws IOException {
    StringBuilder text =
        new StringBuilder(
            """
            <!-- Generated from crds/src/main/java by `make generate`. Do not edit. -->
            # ImageBuild (slipway.dev/v1alpha1)

            `kubectl explain imagebuild.spec` says the same. *Required* fields are marked; what is in
            parentheses is the default. Reasons are explained in [operations.md](operations.md).
            """);
    JSONSchemaProps root = schema();
    section(text, "spec", root, "spec");
    section(text, "status", root, "status");
    Path file = DOCS.resolve("reference.md");
    if (Boolean.getBoolean("slipway.generate")) {
      Files.writeString(file, text.toString());
    }
    assertThat(Files.readString(file))
        .as("docs/reference.md has drifted from the Java types; run: make generate")
        .isEqualTo(text.toString());
  }

  @Test
  void everyReasonIsExplained() throws IOException, IllegalAccessException {
    String text = Files.readString(DOCS.resolve("operations.md"));
    List<String> missing = new ArrayList<>();
    for (Field field : Reasons.class.getDeclaredFields()) {
      if (Modifier.isStatic(field.getModifiers()) && field.getType() == String.class) {
        String reason = (String) field.get(null);
        if (!text.contains("| `" + reason + "` |")) {
          missing.add(reason);
        }
      }
    }
    assertThat(missing).as("reasons without a row in docs/operations.md").isEmpty();
  }

  /** From the types: the file may only just be written, and is not on the class path yet. */
  private static JSONSchemaProps schema() {
    return CustomResourceDefinitionTest.generate()
        .getSpec()
        .getVersions()
        .getFirst()
        .getSchema()
        .getOpenAPIV3Schema();
  }

  private static void section(
      StringBuilder text, String title, JSONSchemaProps root, String property) {
    text.append("\n## ").append(title).append("\n\n| Field | Type | |\n|---|---|---|\n");
    JSONSchemaProps schema = Objects.requireNonNull(root.getProperties().get(property));
    rows(text, "", schema);
    List<String> rules = rules(schema).distinct().toList();
    if (!rules.isEmpty()) {
      text.append("\nThe API server refuses, with these words:\n\n");
      rules.forEach(rule -> text.append("- ").append(rule).append('\n'));
    }
  }

  private static void rows(StringBuilder text, String path, JSONSchemaProps schema) {
    if (schema.getProperties() == null) {
      return;
    }
    schema
        .getProperties()
        .forEach((name, field) -> {
          boolean required = schema.getRequired() != null && schema.getRequired().contains(name);
          String standard = field.getDefault() == null ? "" : " (`" + field.getDefault() + "`)";
          text.append("| `")
              .append(path)
              .append(name)
              .append("` | ")
              .append(type(field))
              .append(" | ")
              .append(required ? "*Required.* " : "")
              .append(
                  String.valueOf(field.getDescription()).replace("|", "\\|").replace("<", "\\<"))
              .append(standard)
              .append(" |\n");
          rows(text, path + name + ".", field);
          if (field.getItems() != null && field.getItems().getSchema() != null) {
            rows(text, path + name + "[].", field.getItems().getSchema());
          }
        });
  }

  private static String type(JSONSchemaProps field) {
    if (field.getEnum() != null && !field.getEnum().isEmpty()) {
      return field.getEnum().stream()
          .map(value -> "`" + value.asText() + "`")
          .collect(Collectors.joining(", "));
    }
    if (Boolean.TRUE.equals(field.getXKubernetesIntOrString())) {
      return "quantity";
    }
    if ("array".equals(field.getType()) && field.getItems() != null) {
      return "list of " + type(field.getItems().getSchema());
    }
    boolean map =
        "object".equals(field.getType())
            && field.getAdditionalProperties() != null
            && field.getAdditionalProperties().getSchema() != null;
    return map
        ? "map to " + type(field.getAdditionalProperties().getSchema())
        : String.valueOf(field.getType());
  }

  private static Stream<String> rules(JSONSchemaProps schema) {
    Stream<String> own =
        schema.getXKubernetesValidations() == null
            ? Stream.of()
            : schema.getXKubernetesValidations().stream().map(ValidationRule::getMessage);
    Stream<String> below =
        schema.getProperties() == null
            ? Stream.of()
            : schema.getProperties().values().stream().flatMap(ReferenceTest::rules);
    Stream<String> items =
        schema.getItems() == null || schema.getItems().getSchema() == null
            ? Stream.of()
            : rules(schema.getItems().getSchema());
    return Stream.concat(own, Stream.concat(below, items));
  }
}
