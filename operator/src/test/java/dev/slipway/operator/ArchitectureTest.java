package dev.slipway.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Holds what docs/architecture.md says about the rooms of the operator. */
@AnalyzeClasses(
    packages = "dev.slipway.operator",
    importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("dev.slipway.operator.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule knowsNothingOfTheEngine =
      noClasses().should().dependOnClassesThat().resideInAPackage("dev.slipway.builder..");

  @ArchTest
  static final ArchRule podsArePureFunctions =
      noClasses()
          .that()
          .resideInAPackage("dev.slipway.operator.pod..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.fabric8.kubernetes.client..", "io.javaoperatorsdk..", "java.io..")
          .allowEmptyShould(false);

  @ArchTest
  static final ArchRule decisionsAskNobody =
      noClasses()
          .that()
          .haveSimpleName("Decision")
          .or()
          .haveSimpleName("Planner")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.fabric8.kubernetes.client..", "io.javaoperatorsdk..");

  @ArchTest
  static final ArchRule onlySourceTalksGit =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.slipway.operator.source..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.eclipse.jgit..");
}
