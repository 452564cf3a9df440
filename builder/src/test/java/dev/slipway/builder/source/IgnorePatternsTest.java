package dev.slipway.builder.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.builder.failure.BuildException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class IgnorePatternsTest {

  private static IgnorePatterns parse(String... lines) {
    return IgnorePatterns.parse(".dockerignore", String.join("\n", lines));
  }

  @Test
  void linesAreReadAsDockerReadsThem() {
    IgnorePatterns patterns =
        parse(
            "\uFEFF# comment", "", "  /abs/path/ ", "!  kept", "a/../b/.", " # no comment", "x\r");
    assertThat(patterns).hasToString("abs/path\n!kept\nb\n# no comment\nx\n");
  }

  @Test
  void theLastPatternThatSpeaksWins() {
    IgnorePatterns patterns = parse("*.md", "!README*.md", "README-secret.md");
    assertThat(patterns.matches("a.md")).isTrue();
    assertThat(patterns.matches("README.md")).isFalse();
    assertThat(patterns.matches("README-secret.md")).isTrue();
    assertThat(patterns.matches("docs/a.md")).isFalse();
  }

  @Test
  void aDirectoryTakesItsContentsAlong() {
    IgnorePatterns patterns = parse("node_modules", "docs", "!docs/api");
    assertThat(patterns.matches("node_modules/a/b.js")).isTrue();
    assertThat(patterns.matches("sub/node_modules")).isFalse();
    assertThat(patterns.matches("docs/x")).isTrue();
    assertThat(patterns.matches("docs/api/index.html")).isFalse();
    assertThat(parse("**/node_modules").matches("sub/node_modules/x")).isTrue();
    assertThat(parse("*", "!*.go").matches("main.go")).isFalse();
    assertThat(parse("*", "!*.go").matches("sub/main.go")).isTrue();
    assertThat(parse("**", "!**/*.go").matches("sub/main.go")).isFalse();
  }

  @Test
  void aWalkGivesTheSameAnswersAsSinglePaths() {
    IgnorePatterns patterns = parse("a*", "!a/b", "a/b/c*", "!**/keep", "x/**/y", "!x/q/y");
    for (String path :
        List.of("a", "a/b", "a/b/c", "a/b/cd/keep", "a/z/keep", "x/y", "x/q/y/z", "x/r/y", "b")) {
      IgnorePatterns.Match match = IgnorePatterns.Match.ROOT;
      StringBuilder at = new StringBuilder();
      for (String part : path.split("/", -1)) {
        at.append(at.isEmpty() ? "" : "/").append(part);
        match = patterns.match(at.toString(), match);
      }
      assertThat(match.matched()).as(path).isEqualTo(patterns.matches(path));
    }
  }

  @Test
  void pruningLosesNoException() {
    assertThat(parse("a").prunes("a")).isTrue();
    assertThat(parse("a", "!b/c").prunes("a")).isTrue();
    assertThat(parse("a", "!a/b/c").prunes("a")).isFalse();
    assertThat(parse("a", "!a/b/c").prunes("a/x")).isTrue();
    assertThat(parse("a", "!*/b").prunes("a")).isFalse();
    assertThat(parse("a", "!**/b").prunes("a/x/y")).isFalse();
    assertThat(parse("*", "!a").prunes("a/b")).isFalse();
  }

  @Test
  void badPatternsNameTheirLine() {
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> parse("fine", "[bad"))
        .withMessageContaining(".dockerignore line 2: the pattern '[bad'");
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> parse("!"))
        .withMessageContaining("line 1");
  }

  @Test
  void aHundredThousandFilesAreQuick() {
    IgnorePatterns patterns =
        parse(
            "**/.git",
            "**/node_modules",
            "**/*.log",
            "target",
            "build",
            "**/*.class",
            "*.tmp",
            "docs/**/*.md",
            "!docs/**/index.md",
            "**/__pycache__",
            "*.iml",
            ".idea",
            "**/*~");
    long start = System.nanoTime();
    int ignored = 0;
    for (int d = 0; d < 1000; d++) {
      String directory = "src/main/java/com/example/module" + d;
      IgnorePatterns.Match parent = patterns.match(directory, IgnorePatterns.Match.ROOT);
      for (int f = 0; f < 100; f++) {
        ignored += patterns.match(directory + "/File" + f + ".java", parent).matched() ? 1 : 0;
      }
    }
    long millis = (System.nanoTime() - start) / 1_000_000;
    assertThat(ignored).isZero();
    System.out.println("measured: 100,000 paths against 13 patterns in " + millis + " ms");
    assertThat(millis).isLessThan(5_000);
  }
}
