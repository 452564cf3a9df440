package dev.slipway.builder.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.builder.image.Platform;
import dev.slipway.builder.plan.Plan;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The promise: parse and plan 500 lines in well under 50 ms, warm. */
final class SpeedTest {
  private static final BuildPlatforms PLATFORMS =
      new BuildPlatforms(new Platform("linux", "amd64"), new Platform("linux", "amd64"));

  private static String fiveHundredLines() {
    StringBuilder text = new StringBuilder("# syntax=docker/dockerfile:1\nARG BASE=debian:12\n");
    for (int stage = 0; stage < 14; stage++) {
      String n = Integer.toString(stage);
      text.append("FROM ${BASE} AS stage").append(n).append('\n');
      text.append("# VERSION of the program\nARG VERSION=1.").append(n).append(" TARGETARCH\n");
      text.append("ENV PATH=/opt/app")
          .append(n)
          .append("/bin:$PATH \\\n    NAME=\"app ${VERSION}\"\n");
      text.append("LABEL org.opencontainers.image.version=\"${VERSION:-none}\" \\\n");
      text.append("      org.opencontainers.image.title='app'\n");
      text.append("RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n");
      text.append("    --mount=type=secret,id=token,env=TOKEN \\\n    apt-get update && \\\n");
      text.repeat("    apt-get install -y --no-install-recommends package && \\\n", 8);
      text.append("    rm -rf /var/lib/apt/lists/*\n");
      text.append("COPY --from=").append(stage == 0 ? "tools" : "0");
      text.append(" --chown=1000:1000 --link /src/${NAME}/ /opt/app/\n");
      text.append("COPY <<EOF /etc/app.conf\nversion = $VERSION\narch = ${TARGETARCH##*/}\nEOF\n");
      text.append("RUN <<EOF\nset -e\nmake\nmake install\nEOF\n");
      text.append("WORKDIR /opt/app\nUSER app:app\nEXPOSE 80 443/tcp\nVOLUME [\"/data\"]\n");
      text.append("HEALTHCHECK --interval=10s CMD curl -f http://localhost/ || exit 1\n");
      text.append("ENTRYPOINT [\"/opt/app/bin/app\"]\nCMD [\"--verbose\"]\n");
    }
    return text.toString();
  }

  @Test
  void fiveHundredLinesInLessThanFiftyMilliseconds() {
    String text = fiveHundredLines();
    assertThat(text.lines().count()).isBetween(490L, 560L);
    for (int i = 0; i < 200; i++) {
      parseAndPlan(text);
    }
    long[] nanos = new long[21];
    for (int i = 0; i < nanos.length; i++) {
      long start = CpuTime.nanos();
      parseAndPlan(text);
      nanos[i] = CpuTime.nanos() - start;
    }
    Arrays.sort(nanos);
    long median = nanos[nanos.length / 2];
    System.out.printf("parse and plan 500 lines: median %d us%n", median / 1_000);
    assertThat(median).isLessThan(50_000_000L);
  }

  private static void parseAndPlan(String text) {
    Dockerfile file = Dockerfile.parse("Dockerfile", text);
    Globals globals = Globals.of(file, Map.of(), PLATFORMS, Optional.empty());
    assertThat(Plan.of(file, globals, Optional.empty(), name -> false).nodes()).isNotEmpty();
    for (Stage stage : file.stages()) {
      stage.from().expand(globals.variables());
      Scope scope = Scope.ofImage(globals, List.of());
      for (Instruction instruction : stage.instructions()) {
        scope = scope.apply(instruction.expand(scope.variables()));
      }
    }
  }
}
