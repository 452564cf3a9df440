package dev.slipway.builder.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.registry.RegistrySettings;
import dev.slipway.builder.report.Progress;
import dev.slipway.builder.store.StoreLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CallTest {
  @TempDir private Path directory;

  @Test
  void aCheckFindsWhatIsIgnoredInTheContextToo() throws IOException {
    dockerfile("FROM scratch AS Base\nCOPY secret.txt /\n");
    Files.writeString(directory.resolve(".dockerignore"), "secret.txt\n");

    Call.Answer answer = ask(Call.Function.CHECK, Call.Format.TEXT, Map.of());

    assertThat(answer.text())
        .startsWith("Check complete, 2 warnings have been found!\n")
        .contains("WARNING: StageNameCasing - https://", "WARNING: CopyIgnoredFile - https://");
    assertThat(answer.statusCode()).isOne();
    assertThat(answer.failure()).isEmpty();
  }

  @Test
  void aCheckOfACleanFileSaysSo() throws IOException {
    dockerfile("FROM scratch\nCOPY Dockerfile /\n");

    Call.Answer answer = ask(Call.Function.CHECK, Call.Format.TEXT, Map.of());

    assertThat(answer).isEqualTo(new Call.Answer("Check complete, no warnings found.\n", "", 0));
  }

  @Test
  void aCheckReportsWhatCannotBeParsed() throws IOException {
    dockerfile("FROM scratch\nCOPPY a /\n");

    Call.Answer answer = ask(Call.Function.CHECK, Call.Format.JSON, Map.of());

    assertThat(answer.text()).contains("\"buildError\"", "\"line\": 2");
    assertThat(answer.failure()).startsWith("ERROR: ").contains("COPPY", "did you mean COPY?");
    assertThat(answer.statusCode()).isOne();
  }

  @Test
  void aBuildArgumentReplacesTheDirective() throws IOException {
    dockerfile("# check=skip=all\nFROM scratch\nMAINTAINER me\n");

    assertThat(ask(Call.Function.CHECK, Call.Format.TEXT, Map.of()).statusCode()).isZero();
    assertThat(
            ask(
                    Call.Function.CHECK,
                    Call.Format.TEXT,
                    Map.of("BUILDKIT_DOCKERFILE_CHECK", "skip=StageNameCasing"))
                .text())
        .contains("MaintainerDeprecated");
    assertThatThrownBy(() ->
            ask(
                Call.Function.CHECK,
                Call.Format.TEXT,
                Map.of("BUILDKIT_DOCKERFILE_CHECK", "skipp=x")))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
  }

  @Test
  void outlineAndTargetsAnswerWithoutBuilding() throws IOException {
    dockerfile(
        "FROM scratch AS base\n# VERSION of it\nARG VERSION=1\nFROM base\n"
            + "RUN --mount=type=secret,id=token,required /never\n");

    assertThat(ask(Call.Function.OUTLINE, Call.Format.TEXT, Map.of("VERSION", "2")).text())
        .containsPattern("VERSION +2")
        .containsPattern("token +true");
    assertThat(ask(Call.Function.TARGETS, Call.Format.TEXT, Map.of()).text())
        .contains("base", "(default)");
  }

  @Test
  void findingsFailTheBuildWhereTheFileAsksForIt() throws IOException {
    dockerfile("# check=error=true\nFROM scratch\nMAINTAINER me\nCOPY Dockerfile /\n");

    Build.Finished finished = build();

    assertThat(finished).isInstanceOf(Build.Finished.Failed.class);
    assertThat(finished.result().failure().reason()).isEqualTo("DockerfileCheckFailed");
    assertThat(finished.result().failure().message())
        .contains("lint violation found for rules: MaintainerDeprecated");
    assertThat(finished.result().failure().line()).isEqualTo(3);
  }

  @Test
  void whatCannotBeDoneIsRefusedBeforeTheContextIsFetched() {
    // Fetched, it would be a failure of the network: nobody serves port 1.
    BuildRequest request =
        request("http://127.0.0.1:1/a.git", Map.of("BUILDKIT_MULTI_PLATFORM", "1"));

    Build.Finished finished = new Build(request, settings(), Progress.none()).run();

    assertThat(finished.result().failure().reason()).isEqualTo("Unsupported");
    assertThat(finished.result().failure().message()).contains("BUILDKIT_MULTI_PLATFORM");
  }

  private void dockerfile(String text) throws IOException {
    Files.writeString(directory.resolve("Dockerfile"), text);
  }

  private Call.Answer ask(Call.Function function, Call.Format format, Map<String, String> args) {
    return new Call(request(directory.toString(), args), settings(), Progress.none())
        .answer(function, format);
  }

  private Build.Finished build() {
    return new Build(request(directory.toString(), Map.of()), settings(), Progress.none()).run();
  }

  private EngineSettings settings() {
    return new EngineSettings(
        directory.resolve("store"),
        StoreLimit.NONE,
        RegistrySettings.fromEnvironment(Map.of()).build(),
        Map.of(),
        Clock.systemUTC());
  }

  private BuildRequest request(String context, Map<String, String> args) {
    return new BuildRequest(
        context,
        Optional.empty(),
        new BuildRequest.Definition(Optional.empty(), args, Map.of(), Platform.local()),
        new BuildRequest.Execution(
            "test ",
            false,
            Set.of(),
            false,
            List.of(),
            List.of(),
            Optional.empty(),
            "default",
            List.of(),
            Optional.empty(),
            List.of(),
            Set.of(),
            Optional.empty()),
        new BuildRequest.Labelling(List.of(), Map.of(), Map.of()),
        List.of(),
        BuildRequest.Caches.NONE);
  }
}
