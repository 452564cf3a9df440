package dev.slipway.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Holds the committed CustomResourceDefinition against the Java types. With {@code
 * -Dslipway.generate=true} it writes the file instead: {@code make generate}.
 */
final class CustomResourceDefinitionTest {
  private static final Path COMMITTED = Path.of("src/main/resources" + ImageBuild.CRD_RESOURCE);
  private static final String HEADER =
      "# Generated from crds/src/main/java by `make generate`. Do not edit.\n";

  private static final List<String> COLUMNS =
      List.of("Ready", "Reason", "Image", "Commit", "Duration", "Age");

  @Test
  void committedFileIsWhatTheTypesSay() throws IOException {
    String generated = HEADER + Serialization.asYaml(generate());
    if (Boolean.getBoolean("slipway.generate")) {
      Files.createDirectories(COMMITTED.getParent());
      Files.writeString(COMMITTED, generated);
    }
    assertThat(Files.readString(COMMITTED))
        .as(
            "the CRD has drifted from the Java types; run: make generate "
                + "(or: mvn -pl crds test -Dtest=CustomResourceDefinitionTest -Dslipway.generate=true)")
        .isEqualTo(generated);
  }

  @Test
  void isSmallEnoughForEveryEtcdAndEveryAnnotation() {
    // 256 KB is what `kubectl apply` can keep in its annotation; growth should be noticed earlier.
    assertThat(Serialization.asYaml(generate()).getBytes(StandardCharsets.UTF_8).length)
        .isLessThan(200 * 1024);
  }

  @Test
  void everyFieldIsExplainedAndNothingIsUnstructured() {
    List<String> silent = new ArrayList<>();
    List<String> open = new ArrayList<>();
    walk(
        "",
        schema(),
        (path, schema) -> {
          if (!path.isEmpty()
              && (schema.getDescription() == null || schema.getDescription().isBlank())) {
            silent.add(path);
          }
          if (Boolean.TRUE.equals(schema.getXKubernetesPreserveUnknownFields())) {
            open.add(path);
          }
        });
    assertThat(silent).as("fields without a description").isEmpty();
    assertThat(open).as("fields that keep what they do not know").isEmpty();
  }

  @Test
  void everyTextAndListOfTheSpecIsBounded() {
    // Unbounded fields make the API server refuse CEL rules for their estimated cost.
    List<String> unbounded = new ArrayList<>();
    walk(
        "spec",
        child(schema(), "spec"),
        (path, schema) -> {
          if ("string".equals(schema.getType())
              && schema.getMaxLength() == null
              && schema.getEnum().isEmpty()) {
            unbounded.add(path);
          }
          if ("array".equals(schema.getType()) && schema.getMaxItems() == null) {
            unbounded.add(path);
          }
        });
    assertThat(unbounded).isEmpty();
  }

  private static void walk(
      String path, JSONSchemaProps schema, BiConsumer<String, JSONSchemaProps> visit) {
    visit.accept(path, schema);
    if (schema.getProperties() != null) {
      schema.getProperties().forEach((name, child) -> walk(path + "." + name, child, visit));
    }
    if (schema.getItems() != null
        && schema.getItems().getSchema() != null
        && schema.getItems().getSchema().getProperties() != null) {
      schema
          .getItems()
          .getSchema()
          .getProperties()
          .forEach((name, child) -> walk(path + "[]." + name, child, visit));
    }
  }

  private static JSONSchemaProps schema() {
    return generate().getSpec().getVersions().get(0).getSchema().getOpenAPIV3Schema();
  }

  static CustomResourceDefinition generate() {
    AtomicReference<@Nullable CustomResourceDefinition> result =
        new AtomicReference<@Nullable CustomResourceDefinition>();
    new CRDGenerator()
        .customResourceClasses(List.of(ImageBuild.class))
        .forCRDVersions("v1")
        .withPostProcessor(
            new CRDPostProcessor() {
              @Override
              public HasMetadata process(HasMetadata crd, String version) {
                result.set(complete((CustomResourceDefinition) crd));
                return crd;
              }
            })
        .withOutput(
            new CRDGenerator.AbstractCRDOutput<ByteArrayOutputStream>() {
              @Override
              protected ByteArrayOutputStream createStreamFor(String name) {
                return new ByteArrayOutputStream();
              }

              @Override
              public URI crdURI(String name) {
                return Path.of(name).toUri();
              }
            })
        .detailedGenerate();
    return Objects.requireNonNull(result.get());
  }

  /** What the generator has no annotation for. */
  private static CustomResourceDefinition complete(CustomResourceDefinition crd) {
    crd.getSpec().getNames().setCategories(List.of("all"));
    crd.getSpec()
        .getVersions()
        .get(0)
        .getAdditionalPrinterColumns()
        .sort(Comparator.comparingInt(column -> COLUMNS.indexOf(column.getName())));
    crd.getMetadata().setLabels(Map.of("app.kubernetes.io/part-of", "slipway"));
    JSONSchemaProps root = crd.getSpec().getVersions().get(0).getSchema().getOpenAPIV3Schema();
    root.setDescription(
        "A container image that should exist: built from a Git repository, pushed to a registry.");
    child(root, "spec").setDescription("What to build, from where, and where to push it.");
    JSONSchemaProps status = child(root, "status");
    status.setDescription("What became of the wish. Written by Slipway.");
    // What nobody has looked at yet would count as done to kstatus: to Flux, to kubectl.
    status.setDefault(JsonNodeFactory.instance.objectNode().put("observedGeneration", -1));
    // List keys let two managers apply their own entries side by side.
    asMap(status, "conditions", "type");
    JSONSchemaProps spec = child(root, "spec");
    asMap(spec, "buildArgs", "name");
    asMap(spec, "secrets", "id");
    asMap(spec, "ssh", "id");
    child(child(spec, "output"), "tags").setXKubernetesListType("set");
    child(spec, "platforms").setXKubernetesListType("set");
    if (!root.getRequired().contains("spec")) {
      root.setRequired(List.of("spec"));
    }
    return crd;
  }

  private static JSONSchemaProps child(JSONSchemaProps parent, String name) {
    return Objects.requireNonNull(parent.getProperties().get(name), name);
  }

  private static void asMap(JSONSchemaProps parent, String list, String key) {
    JSONSchemaProps schema = child(parent, list);
    schema.setXKubernetesListType("map");
    schema.setXKubernetesListMapKeys(List.of(key));
  }
}
