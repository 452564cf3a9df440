package dev.slipway.builder.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.image.Platform;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ScopeTest {
  private static final BuildPlatforms PLATFORMS =
      new BuildPlatforms(new Platform("linux", "amd64"), new Platform("linux", "arm", "v7"));

  private static Globals globals(Dockerfile file, Map<String, String> buildArgs) {
    return Globals.of(file, buildArgs, PLATFORMS, Optional.empty());
  }

  /** Runs the last stage, each stage on top of the one before. */
  private static Scope run(String text, Map<String, String> buildArgs, String... environment) {
    Dockerfile file = Dockerfile.parse("Dockerfile", text);
    Scope scope = Scope.ofImage(globals(file, buildArgs), List.of(environment));
    for (Stage stage : file.stages()) {
      for (Instruction instruction : stage.instructions()) {
        scope = scope.apply(instruction.expand(scope.variables()));
      }
    }
    return scope;
  }

  private static Scope run(String text) {
    return run(text, Map.of());
  }

  @Test
  void automaticArgumentsAreGlobal() {
    Dockerfile file = Dockerfile.parse("Dockerfile", "FROM scratch AS Last");
    Variables variables = globals(file, Map.of()).variables();
    assertThat(variables.get("BUILDPLATFORM")).isEqualTo("linux/amd64");
    assertThat(variables.get("BUILDOS")).isEqualTo("linux");
    assertThat(variables.get("BUILDARCH")).isEqualTo("amd64");
    assertThat(variables.get("BUILDVARIANT")).isEmpty();
    assertThat(variables.get("TARGETPLATFORM")).isEqualTo("linux/arm/v7");
    assertThat(variables.get("TARGETARCH")).isEqualTo("arm");
    assertThat(variables.get("TARGETVARIANT")).isEqualTo("v7");
    assertThat(variables.get("TARGETSTAGE")).isEqualTo("last");
  }

  @Test
  void targetStageIsTheOneAskedForOrDefault() {
    Dockerfile file = Dockerfile.parse("Dockerfile", "FROM scratch AS a\nFROM a");
    assertThat(globals(file, Map.of()).variables().get("TARGETSTAGE")).isEqualTo("default");
    Globals asked = Globals.of(file, Map.of(), PLATFORMS, Optional.of("a"));
    assertThat(asked.variables().get("TARGETSTAGE")).isEqualTo("a");
  }

  @Test
  void buildArgumentsOverrideAutomaticOnes() {
    Scope scope = run("FROM scratch\nARG TARGETARCH", Map.of("TARGETARCH", "riscv64"));
    assertThat(scope.variables().get("TARGETARCH")).isEqualTo("riscv64");
  }

  @Test
  void automaticArgumentsMustBeDeclaredInAStage() {
    assertThat(run("FROM scratch").variables().get("TARGETARCH")).isNull();
    assertThat(run("FROM scratch\nARG TARGETARCH").variables().get("TARGETARCH")).isEqualTo("arm");
  }

  @Test
  void globalArgumentsSeeEachOtherAndBuildArguments() {
    Dockerfile file =
        Dockerfile.parse("Dockerfile", "ARG A=1 B=$A\nARG C=${B}x$TARGETARCH D\nFROM scratch");
    Variables plain = globals(file, Map.of()).variables();
    assertThat(plain.get("C")).isEqualTo("1xarm");
    assertThat(plain.get("D")).isNull();
    assertThat(globals(file, Map.of("A", "2")).variables().get("C")).isEqualTo("2xarm");
  }

  @Test
  void globalArgumentsAreNotSeenInAStageUntilDeclared() {
    String head = "ARG A=1\nFROM scratch\n";
    assertThat(run(head).variables().get("A")).isNull();
    assertThat(run(head + "ARG A").variables().get("A")).isEqualTo("1");
    assertThat(run(head + "ARG A=2").variables().get("A")).isEqualTo("2");
    assertThat(run(head + "ARG A=2", Map.of("A", "3")).variables().get("A")).isEqualTo("3");
  }

  @Test
  void buildArgumentsNeedADeclaration() {
    assertThat(run("FROM scratch", Map.of("A", "1")).environment()).doesNotContainKey("A");
    assertThat(run("FROM scratch\nARG A", Map.of("A", "1")).environment()).containsEntry("A", "1");
  }

  @Test
  void anArgumentWithoutValueIsDeclaredButUnset() {
    Scope scope = run("FROM scratch\nARG A");
    assertThat(scope.environment()).doesNotContainKey("A");
    assertThat(scope.declaredArgs()).containsExactly(entry("A", ""));
  }

  @Test
  void unlikeEnvOneArgSeesTheOthers() {
    assertThat(run("FROM scratch\nARG A=1 B=$A").variables().get("B")).isEqualTo("1");
    assertThat(run("FROM scratch\nENV A=1 B=$A").variables().get("B")).isEmpty();
  }

  @Test
  void aDefaultThatIsNotUsedIsNotExpanded() {
    String text = "FROM scratch\nARG A=${X:?needed}";
    assertThat(run(text, Map.of("A", "1")).variables().get("A")).isEqualTo("1");
    assertThatThrownBy(() -> run(text))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("X: needed");
  }

  @Test
  void theLaterOfArgAndEnvWinsButOnlyEnvIsKept() {
    Scope argLast = run("FROM scratch\nENV A=env\nARG A=arg");
    assertThat(argLast.environment()).containsEntry("A", "arg");
    assertThat(argLast.configEnvironment()).contains("A=env").doesNotContain("A=arg");
    Scope envLast = run("FROM scratch\nARG A=arg\nENV A=env");
    assertThat(envLast.environment()).containsEntry("A", "env");
    assertThat(envLast.declaredArgs()).containsExactly(entry("A", "env"));
    assertThat(run("FROM scratch\nENV A=env\nARG A").environment()).containsEntry("A", "env");
  }

  @Test
  void aStageInheritsArgumentsThroughFrom() {
    Scope scope = run("FROM scratch AS a\nARG A=1\nENV E=$A\nFROM a\nARG B=$A$E");
    assertThat(scope.declaredArgs()).containsExactly(entry("A", "1"), entry("B", "11"));
  }

  @Test
  void theImagesEnvironmentComesFirstAndKeepsItsOrder() {
    Scope scope =
        run("FROM x\nENV B=2 A=3", Map.of(), "A=1", "PATH=/bin", "EMPTY=", "ODD", "EQ=a=b");
    assertThat(scope.configEnvironment())
        .containsExactly("A=3", "PATH=/bin", "EMPTY=", "ODD=", "EQ=a=b", "B=2");
  }

  @Test
  void aPathIsAlwaysSet() {
    assertThat(run("FROM scratch").configEnvironment())
        .containsExactly("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  }

  @Test
  void proxiesReachRunWithoutDeclarationAndStayOutOfTheEnvironment() {
    Map<String, String> given = Map.of("HTTP_PROXY", "http://p", "no_proxy", "x", "OTHER", "1");
    Scope plain = run("FROM scratch", given);
    assertThat(plain.proxyEnvironment())
        .containsOnly(
            entry("http_proxy", "http://p"),
            entry("HTTP_PROXY", "http://p"),
            entry("no_proxy", "x"),
            entry("NO_PROXY", "x"));
    assertThat(plain.environment()).containsOnlyKeys("PATH");
    assertThat(plain.declaredArgs()).isEmpty();
    Scope declared = run("FROM scratch\nARG HTTP_PROXY", given);
    assertThat(declared.environment()).containsEntry("HTTP_PROXY", "http://p");
    assertThat(declared.declaredArgs()).containsOnlyKeys("HTTP_PROXY");
  }

  @Test
  void doublingEndsWithAnErrorNotWithTheMemory() {
    StringBuilder text = new StringBuilder("FROM scratch\nENV A=0123456789\n");
    text.repeat("ENV A=$A$A\n", 64);
    assertThatThrownBy(() -> run(text.toString()))
        .isInstanceOf(BuildException.class)
        .hasMessageContaining("longer than");
    StringBuilder many = new StringBuilder("FROM scratch\n");
    for (int i = 0; i < 4_001; i++) {
      many.append("ENV A").append(i).append("=1\n");
    }
    assertThatThrownBy(() -> run(many.toString())).hasMessageContaining("more than 4000 variables");
  }
}
