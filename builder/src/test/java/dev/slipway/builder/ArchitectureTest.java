package dev.slipway.builder;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Holds what docs/architecture.md says about the rooms of the builder. */
@AnalyzeClasses(
    packages = "dev.slipway.builder",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.slipway.builder.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule knowsNothingOfKubernetes =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.slipway.operator..",
              "dev.slipway.api..",
              "io.fabric8..",
              "io.javaoperatorsdk..");

  @ArchTest
  static final ArchRule onlyLinuxCallsTheKernelDirectly =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.slipway.builder.linux..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("java.lang.foreign..");

  @ArchTest
  static final ArchRule failureAndLinuxAreTheGround =
      noClasses()
          .that()
          .resideInAnyPackage("dev.slipway.builder.failure..", "dev.slipway.builder.linux..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.slipway.builder.cli..",
              "dev.slipway.builder.source..",
              "dev.slipway.builder.dockerfile..",
              "dev.slipway.builder.plan..",
              "dev.slipway.builder.solve..",
              "dev.slipway.builder.sandbox..",
              "dev.slipway.builder.layer..",
              "dev.slipway.builder.image..",
              "dev.slipway.builder.registry..",
              "dev.slipway.builder.cache..",
              "dev.slipway.builder.report..");
}
