package dev.slipway.builder.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import dev.slipway.builder.failure.Location;
import dev.slipway.builder.image.Platform;
import dev.slipway.builder.source.IgnorePatterns;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever the input, the answer is a Dockerfile or a failure with a place, and soon. */
final class FuzzTest {
  /** {@code -Dfuzz.inputs=...} for more, {@code -Dfuzz.seed=...} for others. */
  private static final int INPUTS = Integer.getInteger("fuzz.inputs", 1_000_000);

  private static final long SEED = Long.getLong("fuzz.seed", 20_260_101L);

  /** Of processor time. */
  private static final Duration EACH = Duration.ofSeconds(1);

  private static final Variables VARIABLES =
      Globals.variables(Map.of("A", "abcab", "B", "", "EOF", "x y"));

  private static final BuildPlatforms PLATFORMS =
      new BuildPlatforms(new Platform("linux", "amd64"), new Platform("linux", "amd64"));

  private static final Set<ErrorCode> EXPECTED =
      Set.of(ErrorCode.DOCKERFILE_SYNTAX, ErrorCode.UNSUPPORTED);

  @Test
  void everyInputIsAnswered() throws IOException {
    HostileInput inputs = new HostileInput(SEED, HostileInput.goldenSeeds());
    long slowest = 0;
    int parsed = 0;
    for (int i = 0; i < INPUTS; i++) {
      byte[] input = inputs.next();
      long start = CpuTime.nanos();
      try {
        parsed += answer(input, i % 16 == 0) ? 1 : 0;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("input " + i + ": " + HexFormat.of().formatHex(input), e);
      }
      slowest = Math.max(slowest, CpuTime.nanos() - start);
    }
    assertThat(Duration.ofNanos(slowest)).isLessThan(EACH);
    // Inputs that all fail at once would test nothing.
    assertThat(parsed).isGreaterThan(INPUTS / 10);
  }

  /** True if it parses. */
  private static boolean answer(byte[] input, boolean thorough) {
    Dockerfile file;
    try {
      file = Dockerfile.parse("Dockerfile", input);
    } catch (BuildException e) {
      requireExpected(e);
      return false;
    }
    if (file.stages().isEmpty()) {
      throw new AssertionError("a Dockerfile without stages");
    }
    for (Stage stage : file.stages()) {
      for (Instruction instruction : stage.instructions()) {
        requireInFile(instruction.location(), input);
        expand(instruction);
      }
    }
    if (thorough) {
      check(file, input);
    }
    return true;
  }

  private static void expand(Instruction instruction) {
    try {
      switch (instruction.expand(VARIABLES)) {
        case Run run -> {
          run.invocation();
          run.devices();
          run.mounts();
        }
        case Expose expose -> expose.ports();
        default -> {}
      }
    } catch (BuildException e) {
      requireExpected(e);
      if (e.location().isEmpty() || e.location().get().line() == 0) {
        throw new AssertionError("no place", e);
      }
    }
  }

  private static void check(Dockerfile file, byte[] input) {
    CheckRequest request =
        new CheckRequest(
            file,
            Map.of("A", "1"),
            PLATFORMS,
            Optional.empty(),
            from -> Optional.of(BaseImage.EMPTY),
            IgnorePatterns.of(List.of("a*")));
    String text = new String(input, StandardCharsets.UTF_8);
    CheckReport report = CheckReport.of(request);
    report.toText(text);
    report.toJson("Dockerfile", text);
    try {
      Outline.of(request).toText();
    } catch (BuildException e) {
      requireExpected(e);
    }
  }

  private static void requireExpected(BuildException e) {
    if (!EXPECTED.contains(e.code()) || e.location().isEmpty()) {
      throw new AssertionError("code " + e.code() + ", place " + e.location(), e);
    }
  }

  private static void requireInFile(Location location, byte[] input) {
    long lines = 1;
    for (byte b : input) {
      lines += b == '\n' ? 1 : 0;
    }
    if (location.line() < 1
        || location.column() < 1
        || location.endLine() < location.line()
        || location.endLine() > lines) {
      throw new AssertionError("place " + location + " to " + location.endLine());
    }
  }

  @Test
  @Timeout(120)
  void sizeIsBounded() {
    int limit = SourceText.SIZE_LIMIT;
    String head = "FROM scratch\n";
    refused("a".repeat(limit + 1));
    parsed(head + "#\n".repeat(limit / 2 - head.length()));
    parsed(head + "RUN a\n".repeat(limit / 6 - head.length()));
    parsed(head + "RUN " + "a\\\n".repeat(limit / 3 - head.length()));
    parsed(head + "ENV " + "a=b\\\n ".repeat(limit / 6 - head.length()));
    parsed(head + "RUN <<E\n" + "x\n".repeat(limit / 2 - 2 * head.length()) + "E\n");
    parsed(head + "COPY " + "<<E ".repeat(10_000) + "/\n" + "E\n".repeat(10_000));
    parsed("FROM a AS b\n".repeat(100_000));
  }

  @Test
  void linesAreBoundedInBytes() {
    String head = "FROM scratch\nLABEL a=";
    int room = SourceText.LINE_LIMIT - "LABEL a=".length();
    parsed(head + "x".repeat(room));
    refused(head + "x".repeat(room + 1));
    refused(head + "é".repeat(room / 2 + 1));
    refused(head + "日".repeat(room / 3 + 1));
    refused(head + "\ud83d\udea2".repeat(room / 4 + 1));
    refused("FROM scratch\nRUN <<E\n" + "x".repeat(SourceText.LINE_LIMIT + 1) + "\nE\n");
    refused("FROM scratch\n#" + "x".repeat(SourceText.LINE_LIMIT));
  }

  @Test
  @Timeout(120)
  void nestingIsBounded() {
    parsed("FROM scratch\nRUN " + "[".repeat(60_000));
    parsed("FROM scratch\nRUN " + "[".repeat(20_000) + "]".repeat(20_000));
    refused("FROM scratch\nRUN " + "[".repeat(9_000) + "]".repeat(9_000));
    parsed("FROM scratch\nRUN " + "{\"a\":".repeat(10_000));
    refused("FROM scratch\nONBUILD " + "ONBUILD ".repeat(5_000) + "RUN a");
    parsed("FROM scratch\nRUN \"" + "${a:-".repeat(10_000) + " <<EOF");
  }

  @Test
  @Timeout(120)
  void patternsAreNotABomb() {
    Variables value = Globals.variables(Map.of("A", "a".repeat(60_000)));
    for (String word :
        List.of(
            "${A//" + "*a".repeat(30) + "b/x}",
            "${A##" + "*a".repeat(30) + "*b}",
            "${A%" + "a*".repeat(30) + "b}",
            "${A//" + "?*".repeat(60) + "b/x}",
            "${A/" + "*".repeat(5_000) + "b/x}")) {
      Env env =
          (Env)
              Dockerfile.parse("Dockerfile", "FROM scratch\nENV x=" + word)
                  .stages()
                  .getFirst()
                  .instructions()
                  .getFirst();
      assertThat(env.expand(value).variables().getFirst().value()).hasSize(60_000);
    }
  }

  private static void parsed(String text) {
    assertThat(Dockerfile.parse("Dockerfile", text).stages()).isNotEmpty();
  }

  private static void refused(String text) {
    assertThatThrownBy(() -> Dockerfile.parse("Dockerfile", text))
        .isInstanceOfSatisfying(
            BuildException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.DOCKERFILE_SYNTAX);
              assertThat(e.location()).isPresent();
              assertThat(String.valueOf(e.getMessage())).hasSizeLessThan(1_000);
            });
  }
}
