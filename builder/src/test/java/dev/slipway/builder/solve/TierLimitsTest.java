package dev.slipway.builder.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.dockerfile.BuildPlatforms;
import dev.slipway.builder.dockerfile.Dockerfile;
import dev.slipway.builder.dockerfile.Globals;
import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.plan.FileUse;
import dev.slipway.builder.plan.Plan;
import dev.slipway.builder.sandbox.Tier;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is refused from the plan alone, and what is not. */
final class TierLimitsTest {

  private static void check(Tier tier, String network, String text) {
    Dockerfile file = Dockerfile.parse("Dockerfile", text);
    Globals globals =
        Globals.of(
            file,
            Map.of(),
            new BuildPlatforms(Platform.local(), Platform.local()),
            Optional.empty());
    Plan plan = Plan.of(file, globals, Optional.empty(), name -> false);
    TierLimits.check(plan, new FileUse(plan, false), tier, network);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "CHROOT | RUN --network=none true | --network=none",
        "CHROOT | RUN --security=insecure true | --security=insecure",
        "CHROOT | RUN --mount=type=tmpfs,target=/t,size=1m true | size=",
        "CHROOT | RUN --mount=type=cache,id=a,target=/t --mount=type=cache,id=a,target=/u true | two places",
        "RESTRICTED | USER app | ",
        "RESTRICTED | USER root\\nRUN id | ",
        "RESTRICTED | USER 0:0\\nRUN id | ",
        "RESTRICTED | USER $who\\nRUN id | ",
        "RESTRICTED | USER app\\nRUN id | USER app",
        "RESTRICTED | USER 0:7\\nRUN id | USER 0:7",
        "RESTRICTED | USER app\\nUSER root\\nRUN id | ",
        "RESTRICTED | COPY --chown=7 a /a | ",
        "RESTRICTED | COPY --chown=7 a /a\\nRUN id | --chown=7",
        "RESTRICTED | ADD --chown=app:app a /a\\nRUN id | --chown=app:app",
        "RESTRICTED | RUN --mount=type=secret,id=x,uid=7 id | another uid",
        "RESTRICTED | RUN --mount=type=cache,target=/x,gid=7 id | another uid",
        "RESTRICTED | RUN --mount=type=cache,target=/x,uid=0 id | ",
      })
  void refusesByNameAndPlace(Tier tier, String text, @Nullable String named) {
    String dockerfile = "FROM scratch\n" + text.replace("\\n", "\n");
    for (Tier strong : List.of(Tier.USERNS, Tier.NESTED, Tier.ROOT)) {
      check(strong, "default", dockerfile);
    }
    if (named == null) {
      check(tier, "default", dockerfile);
    } else {
      assertThatThrownBy(() -> check(tier, "default", dockerfile))
          .isInstanceOfSatisfying(
              BuildException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED);
                assertThat(e.location().orElseThrow().line()).isEqualTo(2);
              })
          .hasMessageContaining(named)
          .hasMessageContaining(tier.label());
    }
  }

  @Test
  void aStageInheritsItsUserAndOnlyNeededStagesCount() {
    assertThatThrownBy(() ->
            check(
                Tier.RESTRICTED,
                "default",
                "FROM scratch AS one\nUSER app\nFROM one\nWORKDIR /x\nRUN id"))
        .hasMessageContaining("the RUN in line 5");
    check(
        Tier.RESTRICTED, "default", "FROM scratch AS one\nUSER app\nRUN id\nFROM scratch\nRUN id");
    check(
        Tier.CHROOT, "default", "FROM scratch AS one\nRUN --network=none id\nFROM scratch\nRUN id");
  }

  @Test
  void theCommandLinesNetworkCountsWhereAStepChoosesNone() {
    assertThatThrownBy(() -> check(Tier.CHROOT, "none", "FROM scratch\nRUN id"))
        .hasMessageContaining("--network=none");
    check(Tier.CHROOT, "none", "FROM scratch\nRUN --network=host id");
    check(Tier.CHROOT, "none", "FROM scratch\nCOPY a /a");
  }
}
