package dev.slipway.builder.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.dockerfile.BuildPlatforms;
import dev.slipway.builder.dockerfile.Dockerfile;
import dev.slipway.builder.dockerfile.Globals;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Platform;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Mounts whose values are wrong, before anything has run. */
final class PlannedMountsTest {
  private static final Platform PLATFORM = new Platform("linux", "amd64");

  private static final String FILE =
      """
      FROM scratch AS wrong
      RUN --mount=target=/a --mount=type=cache,target=/c,sharing=maybe true
      FROM scratch AS right
      RUN --mount=type=cache,target=/c,sharing=$MAYBE true
      """;

  private static Plan plan(String target) {
    Dockerfile file = Dockerfile.parse("Dockerfile", FILE);
    Globals globals =
        Globals.of(file, Map.of(), new BuildPlatforms(PLATFORM, PLATFORM), Optional.empty());
    return Plan.of(file, globals, Optional.of(target), name -> false);
  }

  @Test
  void oneThatIsNeededIsRefusedAtItsFlag() {
    assertThatThrownBy(() -> plan("wrong"))
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.DOCKERFILE_SYNTAX);
              assertThat(e.location().orElseThrow().line()).isEqualTo(2);
              assertThat(e.location().orElseThrow().column()).isEqualTo(23);
            })
        .hasMessageContaining("unsupported sharing value \"maybe\"")
        .hasMessageContaining("shared, private, locked");
  }

  @Test
  void anotherStageIsNobodysBusinessAndVariablesAreNotKnownYet() {
    assertThat(plan("right").needed()).hasSize(1);
  }
}
