package dev.slipway.builder.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.failure.Location;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class BuildResultTest {

  private static BuildResult failed(String message, List<String> tail) {
    return new BuildResult(
        1,
        BuildResult.Outcome.Failed,
        null,
        null,
        List.of(),
        0,
        List.of("linux/amd64"),
        new BuildResult.Source("c0ffee", "A", "subject", "2026-01-01T00:00:00Z"),
        List.of(),
        null,
        List.of(),
        null,
        BuildResult.Failure.of(
            new BuildException(ErrorCode.RUN_FAILED, message, Location.of("Dockerfile", 3)),
            Optional.of("builder"),
            Optional.of("RUN make"),
            2,
            tail));
  }

  @Test
  void aFailureNamesItsPlace() throws Exception {
    JsonNode json =
        new ObjectMapper()
            .readTree(failed("it broke", List.of("last line")).toTerminationMessage());
    assertThat(json.at("/failure/reason").asText()).isEqualTo("RunFailed");
    assertThat(json.at("/failure/line").asInt()).isEqualTo(3);
    assertThat(json.at("/failure/exitCode").asInt()).isEqualTo(2);
    assertThat(json.at("/failure/retryable").isBoolean()).isTrue();
    assertThat(json.at("/failure/logTail/0").asText()).isEqualTo("last line");
    assertThat(json.has("digest")).isFalse();
  }

  @Test
  void theEndOfTheLogIsKeptLongest() throws Exception {
    List<String> tail = Collections.nCopies(60, "x".repeat(200));
    List<String> lines = new java.util.ArrayList<>(tail);
    lines.add("the reason");
    String message = failed("it broke", lines).toTerminationMessage();
    assertThat(message.getBytes(StandardCharsets.UTF_8).length)
        .isLessThanOrEqualTo(BuildResult.LIMIT);
    JsonNode kept = new ObjectMapper().readTree(message).at("/failure/logTail");
    assertThat(kept.get(kept.size() - 1).asText()).isEqualTo("the reason");
    assertThat(kept.size()).isGreaterThan(10);
  }

  @Test
  void alwaysFitsATerminationMessage() {
    for (String piece : List.of("ü".repeat(20_000), "\u0001".repeat(20_000), "\"".repeat(9_999))) {
      BuildResult huge =
          new BuildResult(
              1,
              BuildResult.Outcome.Failed,
              null,
              null,
              Collections.nCopies(300, "registry.example/repository:tag"),
              0,
              List.of("linux/amd64"),
              new BuildResult.Source("c0ffee", piece, piece, "2026-01-01T00:00:00Z"),
              Collections.nCopies(300, new BuildResult.BaseImage("debian:12", "sha256:00")),
              null,
              Collections.nCopies(300, new BuildResult.Stage("stage", 1.5, 3, 1)),
              null,
              failed(piece, List.of(piece, piece)).failure());
      assertThat(huge.toTerminationMessage().getBytes(StandardCharsets.UTF_8).length)
          .isLessThanOrEqualTo(BuildResult.LIMIT);
    }
  }
}
