package dev.slipway.builder.solve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.slipway.builder.failure.BuildException;
import dev.slipway.builder.failure.ErrorCode;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BuildKitArgumentsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "docker/dockerfile",
        "docker/dockerfile:1.7-labs",
        "docker.io/docker/dockerfile:1"
      })
  void theFrontendOfThisLanguageMayBeNamed(String image) {
    assertThat(BuildKitArguments.of(Map.of("BUILDKIT_SYNTAX", image)).hostname()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "BUILDKIT_SYNTAX, example.com/docker/dockerfile:1",
    "BUILDKIT_SYNTAX, docker/dockerfiles",
    "BUILDKIT_MULTI_PLATFORM, 1",
    "BUILDKIT_MULTI_PLATFORM, true",
  })
  void whatCannotBeDoneIsRefusedByName(String name, String value) {
    assertThatExceptionOfType(BuildException.class)
        .isThrownBy(() -> BuildKitArguments.of(Map.of(name, value)))
        .withMessageContaining(name)
        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED));
  }

  @Test
  void cachesOfANamespaceAreItsOwn() {
    assertThat(BuildKitArguments.of(Map.of()).cacheId("/root/.m2")).isEqualTo("/root/.m2");
    assertThat(BuildKitArguments.of(Map.of("BUILDKIT_CACHE_MOUNT_NS", "a")).cacheId("/root/.m2"))
        .isEqualTo("a//root/.m2");
  }

  @ParameterizedTest
  @CsvSource({"1, true", "true, true", "0, false", "'', false"})
  void dotGitIsKeptOnRequest(String value, boolean kept) {
    assertThat(BuildKitArguments.of(Map.of("BUILDKIT_CONTEXT_KEEP_GIT_DIR", value)).keepGitDir())
        .isEqualTo(kept);
  }
}
