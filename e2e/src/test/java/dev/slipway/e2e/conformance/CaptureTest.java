package dev.slipway.e2e.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * {@code make conformance-capture}. Not a test of ours but of the goldens: it rewrites those that
 * BuildKit no longer agrees with, and `git diff` shows what moved. {@code -Dconformance.only=REGEX}
 * captures some, {@code -Dconformance.peers=buildah} (or {@code buildkit}) asks one peer alone.
 */
@EnabledIfSystemProperty(
    named = "conformance.buildkit",
    matches = ".+",
    disabledReason = "needs buildkitd: see docs/conformance.md")
class CaptureTest {

  @Test
  void capture() throws IOException {
    assertThat(Command.isRoot()).as("buildkitd needs root").isTrue();
    Capture.capture(
        Path.of("src/test/resources/conformance"),
        Path.of(System.getProperty("conformance.buildkit", "")),
        Pattern.compile(System.getProperty("conformance.only", "")),
        Set.of(System.getProperty("conformance.peers", "buildkit,buildah").split(",")));
  }
}
